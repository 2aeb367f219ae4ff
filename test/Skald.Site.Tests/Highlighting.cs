using System.Net;
using System.Text.RegularExpressions;
using Skald.Site.Highlighting;

namespace Skald.Site.Tests;

public sealed partial class Code_that_is_highlighted
{
    [Theory]
    [InlineData("csharp", "saga.Step(\"a\").Within(5); // why", """saga.<span class="call">Step</span>(<span class="string">"a"</span>).<span class="call">Within</span>(<span class="number">5</span>); <span class="comment">// why</span>""")]
    [InlineData("csharp", "return new List<int>();", """<span class="keyword">return</span> <span class="keyword">new</span> <span class="type">List</span><<span class="keyword">int</span>>();""")]
    [InlineData("csharp", "var a = \"\"\"\n say \"so\"\n \"\"\"; if", "<span class=\"keyword\">var</span> a = <span class=\"string\">\"\"\"\n say \"so\"\n \"\"\"</span>; <span class=\"keyword\">if</span>")]
    [InlineData("json", """{"a": "b", "c": -1.5, "d": null}""", """{<span class="type">"a"</span>: <span class="string">"b"</span>, <span class="type">"c"</span>: <span class="number">-1.5</span>, <span class="type">"d"</span>: <span class="keyword">null</span>}""")]
    [InlineData("yaml", "a: \"b\" # c", """<span class="type">a</span>: <span class="string">"b"</span> <span class="comment"># c</span>""")]
    [InlineData("sql", "SELECT 'a' FROM b", """<span class="keyword">SELECT</span> <span class="string">'a'</span> <span class="keyword">FROM</span> b""")]
    [InlineData("xml", "<!-- a --><b c=\"d\" />", """<span class="comment"><!-- a --></span><<span class="type">b</span> <span class="keyword">c</span>=<span class="string">"d"</span> />""")]
    [InlineData("", "dotnet test --project a   # why", """<span class="call">dotnet</span> test <span class="keyword">--project</span> a   <span class="comment"># why</span>""")]
    [InlineData("", "$ curl a\nprinted", """<span class="prompt">$ </span><span class="command"><span class="call">curl</span> a</span>""" + "\n" + """<span class="output">printed</span>""")]
    [InlineData("text", "for <a>", "for <a>")]
    public void Has_its_words_in_spans(string language, string code, string html) =>
        Assert.Equal(html, Decoded(Highlighter.Html(code, Language.Of(language, code))));

    [Fact]
    public void Says_what_the_document_says()
    {
        var documents = Directory.EnumerateFiles(Path.Combine(WrittenSite.Repository(), "docs"), "*.md", SearchOption.AllDirectories);
        var fences = documents.SelectMany(document => Fences().Matches(File.ReadAllText(document))).ToList();
        Assert.NotEmpty(fences);
        Assert.All(fences, fence =>
        {
            var code = fence.Groups["code"].Value;
            Assert.Equal(code, Decoded(Tags().Replace(Highlighter.Html(code, Language.Of(fence.Groups["language"].Value, code)), "")));
        });
    }

    private static string Decoded(string html) => WebUtility.HtmlDecode(html);

    [GeneratedRegex("^```(?<language>.*)\n(?<code>[\\s\\S]*?)\n```$", RegexOptions.Multiline)]
    private static partial Regex Fences();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tags();
}
