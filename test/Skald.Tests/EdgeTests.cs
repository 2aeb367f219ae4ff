using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

/// <summary>An application of its own behind the edge: whatever it makes of a body, and however an answer comes about.</summary>
public sealed class An_edge : IAsyncLifetime
{
    private static readonly string[] Bound = ["/record", "/text", "/element", "/node", "/map", "/idempotent"];
    private static readonly string[] Read = [.. Bound, "/stream", "/pipe", "/copy"];

    private static readonly string[] Places = ["""{"name":"a @ b"}""", """{"@":"a"}""", """{"name":"a","else":["@"]}""", """{"else":{"deep":{"@":{}}}}""", "\"@\""];

    private readonly WebApplication _app = Application();
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public async ValueTask InitializeAsync()
    {
        await _app.StartAsync();
        _http.BaseAddress = new Uri(_app.Urls.First());
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    public static TheoryData<string, byte[]> TextThatNobodyCanStore() => new()
    {
        { "U+0000", [.. @"\u0000"u8] },
        { "U+0000 behind a backslash", [.. @"\\\u0000"u8] },
        { "U+0000 as it is", [0] },
        { "an escape that swallows what would be read", [.. @"\u*/"u8] },
        { "the first half of a pair", [.. @"\ud800"u8] },
        { "the first half of a pair in capitals", [.. @"\uDBFF"u8] },
        { "the second half of a pair", [.. @"\udc00"u8] },
        { "two first halves", [.. @"\ud83d\ud83d\ude00"u8] },
        { "a pair the wrong way round", [.. @"\ude00\ud83d"u8] },
        { "halves that are not together", [.. @"\ud83d \ude00"u8] },
        { "a half before another escape", [.. @"\ud83d\n"u8] },
        { "half a pair as UTF-8", [0xED, 0xA0, 0x80] },
        { "bytes that are no UTF-8", [0xFF, 0xFE] },
        { "a character that is cut off", [0xE2, 0x82] },
        { "a character that is written too long", [0xC0, 0x80] },
    };

    [Theory]
    [MemberData(nameof(TextThatNobodyCanStore))]
    public async Task Refuses_text_that_nobody_can_store_wherever_it_stands_and_however_the_body_is_read(string what, byte[] text)
    {
        foreach (var path in Read)
        {
            foreach (var place in Places)
            {
                foreach (var content in Contents(place, text))
                {
                    using var answer = await _http.PostAsync(path, content);
                    Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, $"{path} answered {answer.StatusCode} to {what} in {place} ({content.GetType().Name})");
                    Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(TextThatNobodyCanStore))]
    public async Task Is_not_needed_for_an_idempotent_post_to_refuse_it(string what, byte[] text)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.MapIdempotentPost("/idempotent", request => Task.FromResult(Results.Ok(request.Body)));
        await app.StartAsync();
        foreach (var place in Places)
        {
            foreach (var content in Contents(place, text))
            {
                using var answer = await _http.PostAsync(new Uri(new Uri(app.Urls.First()), "/idempotent"), content);
                Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, $"{answer.StatusCode} is answered to {what} in {place}");
            }
        }
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("€ and 😀, as they are")]
    [InlineData(@"\u20ac and \ud83d\ude00, and \uD83D\uDE00\ud83d\ude00")]
    [InlineData(@"\\u0000, \\\\u0000 and \\ud800, which are letters")]
    [InlineData(@"\u0001, \u0010, \ud7ff, \ue000, \uffff")]
    public async Task Takes_all_other_text(string text)
    {
        foreach (var path in Read)
        {
            foreach (var content in Contents(path == "/text" ? "\"@\"" : """{"name":"@","@":"@"}""", Encoding.UTF8.GetBytes(text)))
            {
                using var answer = await _http.PostAsync(path, content);
                Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{path} answered {answer.StatusCode} to {text} ({content.GetType().Name})");
            }
        }
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-32")]
    public async Task Refuses_U0000_in_other_encodings(string encoding)
    {
        foreach (var path in Read)
        {
            using var content = new StringContent(@"{""name"":""\u0000""}", Encoding.GetEncoding(encoding), "application/json");
            using var answer = await _http.PostAsync(path, content);
            Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, $"{path} answered {answer.StatusCode}");
        }
    }

    [Fact]
    public async Task Refuses_what_it_cannot_look_into()
    {
        using var content = new ByteArrayContent([0x1f, 0x8b, 8]) { Headers = { { "Content-Type", "application/json" }, { "Content-Encoding", "gzip" } } };
        using var answer = await _http.PostAsync(Read.First(), content);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
    }

    [Theory]
    [InlineData("""{"name":"a","name":"b"}""")]
    [InlineData("""{"name":"a","n\u0061me":"b"}""")]
    [InlineData("""{"else":{"a":"1","a":"2"}}""")]
    [InlineData("""{"else":[{"a":"1","b":[{"c":"1","c":"1"}]}]}""")]
    public async Task Refuses_the_same_member_twice(string body)
    {
        // A JsonNode's own reader throws an ArgumentException at it, which cannot be told from a mistake of the application.
        foreach (var path in Bound.Where(p => p is not ("/text" or "/node")))
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await _http.PostAsync(path, content);
            // What a record has no member for is passed over, and bound to nothing.
            Assert.True(answer.StatusCode == HttpStatusCode.BadRequest || (path == "/record" && body.Contains("else", StringComparison.Ordinal)), $"{path} answered {answer.StatusCode} to {body}");
        }
    }

    [Fact]
    public async Task Gives_up_a_body_that_trickles_in_whoever_reads_it()
    {
        var answers = await Task.WhenAll(Read.Select(async path => (path, Line: await TrickleAsync(path))));
        Assert.All(answers, answer => Assert.Equal((answer.path, "HTTP/1.1 408 Request Timeout"), answer));
    }

    [Fact]
    public async Task Refuses_a_body_that_is_too_large_whoever_reads_it()
    {
        // Without a length, it is seen only while it is read. No more is sent than is refused: what still lies unread when the connection ends would take the answer with it.
        var size = new EdgeOptions().MaxBodyBytes + 1;
        var body = $"{size:x}\r\n\"{new string('x', size - 1)}";
        foreach (var path in Read)
        {
            Assert.Equal((path, "HTTP/1.1 413 Payload Too Large"), (path, await FirstLineAsync(path, "Transfer-Encoding: chunked", body)));
        }
    }

    [Theory]
    [InlineData("/ok", 200)]
    [InlineData("/nothing", 204)]
    [InlineData("/elsewhere", 302)]
    [InlineData("/unchanged", 304)]
    [InlineData("/bad?number=x", 400)]
    [InlineData("/ok?x=%00", 400)]
    [InlineData("/nowhere", 404)]
    [InlineData("/record", 405)]
    [InlineData("/fails", 500)]
    [InlineData("/away", 503)]
    [InlineData("/wrapped", 503)]
    [InlineData("/takes-long", 504)]
    public async Task Gives_every_answer_its_headers_however_it_comes_about(string path, int status)
    {
        using var answer = await _http.GetAsync(path);
        Assert.Equal(status, (int)answer.StatusCode);
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.All((string[])["default-src 'none'", "frame-ancestors 'none'", "base-uri 'self'", "form-action 'self'"], part => Assert.Contains(part, policy, StringComparison.Ordinal));
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("no-referrer", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
        Assert.Equal("same-origin", Assert.Single(answer.Headers.GetValues("Cross-Origin-Opener-Policy")));
        Assert.Equal("same-origin", Assert.Single(answer.Headers.GetValues("Cross-Origin-Resource-Policy")));
        Assert.True(answer.Headers.CacheControl?.NoStore);
        Assert.False(answer.Headers.Contains("Server"));
        Assert.Equal(status >= 400 ? "application/problem+json" : answer.Content.Headers.ContentType?.MediaType, answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Leaves_what_a_route_says_itself()
    {
        using var answer = await _http.GetAsync("/page");
        Assert.Equal(PagePolicy.WithStyle("p{}"), Assert.Single(answer.Headers.GetValues("Content-Security-Policy")));
        Assert.Equal("no-cache", answer.Headers.CacheControl?.ToString());
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
    }

    private static WebApplication Application()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSkaldEdge(new EdgeOptions { RequestDeadline = TimeSpan.FromSeconds(20) });
        var app = builder.Build();
        app.UseSkaldEdge();

        app.MapPost("/record", (Thing thing) => thing.Name);
        app.MapPost("/text", ([Microsoft.AspNetCore.Mvc.FromBody] string text) => text);
        app.MapPost("/element", (JsonElement element) => element.GetRawText());
        app.MapPost("/node", (JsonNode node) => node.ToJsonString());
        app.MapPost("/map", (Dictionary<string, JsonElement> map) => map.Count);
        app.MapIdempotentPost("/idempotent", request => Task.FromResult(Results.Ok(request.Body)));
        app.MapPost("/stream", async (HttpRequest request) =>
        {
            using var document = await JsonDocument.ParseAsync(request.Body);
            return document.RootElement.GetRawText();
        });
        app.MapPost("/pipe", async (HttpRequest request) =>
        {
            while (await request.BodyReader.ReadAsync() is { IsCompleted: false } read)
            {
                request.BodyReader.AdvanceTo(read.Buffer.End);
            }
        });
        app.MapPost("/copy", async (HttpRequest request) => await request.Body.CopyToAsync(Stream.Null));

        app.MapGet("/ok", () => "ok");
        app.MapGet("/nothing", () => Results.NoContent());
        app.MapGet("/elsewhere", () => Results.Redirect("/ok"));
        app.MapGet("/unchanged", () => Results.StatusCode(StatusCodes.Status304NotModified));
        app.MapGet("/bad", (int number) => number);
        app.MapGet("/fails", IResult () => throw new InvalidOperationException("a mistake"));
        app.MapGet("/away", IResult () => throw new StoreUnavailableException("away"));
        app.MapGet("/wrapped", IResult () => throw new InvalidOperationException("it did not work", new StoreUnavailableException("away")));
        app.MapGet("/takes-long", (CancellationToken cancellationToken) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken))
            .WithRequestTimeout(TimeSpan.FromMilliseconds(50));
        app.MapGet("/page", (HttpResponse response) =>
        {
            response.Headers.ContentSecurityPolicy = PagePolicy.WithStyle("p{}");
            response.Headers.CacheControl = "no-cache";
            return Results.Content("<style>p{}</style>", "text/html");
        });
        return app;
    }

    /// <summary>The body in one piece, and byte by byte: an escape may be cut in two.</summary>
    private static IEnumerable<HttpContent> Contents(string place, byte[] text)
    {
        var parts = place.Split('@').Select(Encoding.UTF8.GetBytes).ToList();
        byte[] body = [.. parts.Take(1).SelectMany(p => p), .. parts.Skip(1).SelectMany(p => (byte[])[.. text, .. p])];
        foreach (var content in (HttpContent[])[new ByteArrayContent(body), new Crumbs(body)])
        {
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            yield return content;
        }
    }

    /// <summary>Says that a body comes, sends a part of it, and no more. Returns the first line of the answer.</summary>
    private Task<string?> TrickleAsync(string path) => FirstLineAsync(path, "Content-Length: 1000", "{\"name\":\"");

    /// <summary>What is answered to a body that begins like this and does not go on.</summary>
    private async Task<string?> FirstLineAsync(string path, string header, string body)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _http.BaseAddress!.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: {_http.BaseAddress.Authority}\r\nContent-Type: application/json\r\n{header}\r\n\r\n{body}"));
        using var reader = new StreamReader(stream);
        return await reader.ReadLineAsync().WaitAsync(Eventually.Patience);
    }

    private sealed record Thing(string? Name);

    private sealed class Crumbs(byte[] body) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (var i = 0; i < body.Length; i++)
            {
                await stream.WriteAsync(body.AsMemory(i, 1));
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
