using System.Text.RegularExpressions;

namespace Skald.Site.Highlighting;

/// <summary>What the words of a language look like. The names of the expression's groups are the kinds of words.</summary>
/// <param name="Name">As people call it.</param>
/// <param name="Words">Finds the next word that has a kind.</param>
internal sealed partial record Language(string Name, Regex? Words)
{
    public static readonly Language Text = new("", null);
    public static readonly Language Console = new("shell", null);
    public static readonly Language Shell = new("shell", ShellWords());
    public static readonly Language Sql = new("SQL", SqlWords());
    private static readonly Language CSharp = new("C#", CSharpWords());
    private static readonly Language Json = new("JSON", JsonWords());
    private static readonly Language Yaml = new("YAML", YamlWords());
    private static readonly Language Xml = new("XML", XmlWords());
    private static readonly Language Ini = new("ini", IniWords());

    /// <summary>The language of a block of code: as it is named, or as it looks.</summary>
    public static Language Of(string? name, string code) => name switch
    {
        "csharp" or "cs" or "c#" => CSharp,
        "json" => Json,
        "yaml" or "yml" => Yaml,
        "sql" => Sql,
        "ini" => Ini,
        "xml" or "csproj" => Xml,
        "sh" or "bash" or "shell" => Shell,
        null or "" or "console" => Guess(code),
        _ => Text,
    };

    private static Language Guess(string code) =>
        Prompt().IsMatch(code) ? Console
        : Statement().IsMatch(code) ? Sql
        : Command().IsMatch(code) ? Shell
        : code.StartsWith('{') ? Json
        : Text;

    [GeneratedRegex(@"^\$ ", RegexOptions.Multiline)]
    private static partial Regex Prompt();

    [GeneratedRegex(@"^(?:SELECT|GRANT|CREATE|ALTER|INSERT|UPDATE|DELETE|WITH)\s")]
    private static partial Regex Statement();

    [GeneratedRegex(@"^(?:[A-Z_]+=\S+ +)*(?:sudo|dotnet|git|curl|cd|cp|export|docker|kill|npm|psql|systemctl)\s")]
    private static partial Regex Command();

    [GeneratedRegex("""
        (?<comment>//.*|/\*[\s\S]*?\*/)
        |(?<string>\$*\"{3}[\s\S]*?\"{3}|\$?@\$?"(?:""|[^"])*"|\$?"(?:\\.|[^"\\\n])*"|'(?:\\.[^']*|[^'\\\n])')
        |(?<number>\b\d[\d_]*(?:\.\d+)?[dDfFlLmMuU]*\b)
        |(?<keyword>\b(?:abstract|and|as|async|await|base|bool|break|byte|case|catch|char|class|const|continue|decimal|default|do|double|else|enum|event|extension|false|finally|float|for|foreach|from|get|if|in|init|int|interface|internal|is|join|let|long|namespace|new|not|null|object|on|operator|or|orderby|out|override|params|partial|private|protected|public|readonly|record|ref|required|return|sealed|select|set|short|static|string|struct|switch|this|throw|true|try|typeof|uint|ulong|using|value|var|virtual|void|when|where|while|with|yield)\b)
        |(?<call>(?<=\.)[A-Z]\w*(?=(?:<[^()\n]*?>)?\())
        |(?<type>(?<![.\w])[A-Z]\w*(?!\w)(?!\())
        |(?<type>(?<=\bnew\s)[A-Z]\w*|(?<=\[)[A-Z]\w*|(?<=\brecord\s)[A-Z]\w*)
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex CSharpWords();

    [GeneratedRegex("""
        (?<comment>(?<=^|\s)\#.*$)
        |(?<string>"(?:\\.|[^"\\])*"|'[^']*')
        |(?<call>(?<=^\s*|[|;&]\s*)(?:[A-Z_]+=\S+\s+)*(?:sudo\s+)?[a-z][\w./-]*(?=\s|$))
        |(?<keyword>(?<=\s)--?[a-zA-Z][\w-]*)
        |(?<type>\$\w+|\$\{[^}]*\}|\b[A-Z][A-Z_]+(?==))
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.Multiline)]
    private static partial Regex ShellWords();

    [GeneratedRegex("""
        (?<comment>--.*$)
        |(?<string>'(?:''|[^'])*')
        |(?<keyword>\b(?:select|from|where|and|or|not|null|insert|into|values|update|set|delete|create|alter|drop|table|index|schema|user|database|owner|password|grant|usage|all|on|in|to|as|join|left|inner|order|group|by|having|limit|with|unique|primary|key|references|default|if|exists|begin|commit|rollback|returning|for|tables|privileges)\b)
        |(?<type>[@:]\w+)
        |(?<number>\b\d+(?:\.\d+)?\b)
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex SqlWords();

    [GeneratedRegex("""
        (?<comment>//.*$)
        |(?<type>"(?:\\.|[^"\\])*"(?=\s*:))
        |(?<string>"(?:\\.|[^"\\])*")
        |(?<keyword>\b(?:true|false|null)\b)
        |(?<number>-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.Multiline)]
    private static partial Regex JsonWords();

    [GeneratedRegex("""
        (?<comment>(?<=^|\s)\#.*$)
        |(?<type>(?<=^\s*(?:-\s+)*)[\w."/-]+(?=:(?:\s|$)))
        |(?<string>"(?:\\.|[^"\\])*"|'[^']*')
        |(?<keyword>\b(?:true|false|null)\b)
        |(?<number>(?<=:\s)\d+(?:\.\d+)?(?=\s*$))
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.Multiline)]
    private static partial Regex YamlWords();

    [GeneratedRegex("""
        (?<comment>^\s*[\#;].*$)
        |(?<keyword>^\[.*\]$)
        |(?<type>^[\w.]+(?=\s*=))
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.Multiline)]
    private static partial Regex IniWords();

    [GeneratedRegex("""
        (?<comment><!--[\s\S]*?-->)
        |(?<type>(?<=</?)[\w.:-]+)
        |(?<keyword>(?<=\s)[\w.:-]+(?==["']))
        |(?<string>(?<==)"[^"]*")
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex XmlWords();
}
