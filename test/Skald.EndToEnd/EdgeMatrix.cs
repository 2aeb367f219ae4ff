using System.Text;
using System.Text.RegularExpressions;

namespace Skald.EndToEnd;

/// <summary>Sends everything that strangers may send to every route that a program serves.</summary>
/// <param name="program">The program.</param>
/// <param name="prefix">What <see cref="Bodies"/> has before its patterns.</param>
internal sealed class EdgeMatrix(SampleProgram program, string prefix)
{
    private const string Uuid = "01a1fb88-1a22-7061-9a35-ec203c6b2fd0";

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

    /// <summary>Of each route that changes something: a body that is in order; none for those that read none.</summary>
    private static readonly Dictionary<string, string?> Bodies = new()
    {
        ["POST /food-orders/orders"] = FoodOrdersSystem.Order(),
        ["POST /food-orders/run-random-saga"] = null,
        ["POST /food-orders/run-success-saga"] = null,
        ["POST /food-orders/run-saga-failing-on-card-authorization"] = null,
        ["POST /food-orders/run-saga-failing-on-consumer-verification-because-of-timeout"] = null,
        ["POST /food-orders/run-saga-failing-on-consumer-verification-because-of-incorrect-id"] = null,
        ["POST /food-orders/run-saga-where-orchestrator-code-fails"] = null,
        ["PUT /food-orders/accounting/card-provider/behaviour"] = """{"delayMs":0}""",
        ["POST /food-orders/accounting/card-provider/authorizations/{key:guid}"] = """{"cardId":1,"amount":20}""",
        ["POST /food-orders/accounting/card-provider/authorizations/{key:guid}/reverse"] = null,
        ["POST /parking-orchestration/bookings"] = $$"""{"parkingSlotUuid":"{{Uuid}}"}""",
        ["POST /storefront/order"] = StorefrontSystem.Order(quantity: 1),
        ["POST /storefront/data-init"] = "{}",
    };

    /// <summary>Text that JSON can hold and no database should: in values and names, of members that are known and that are not.</summary>
    private static readonly (string Name, byte[] Text)[] Unstorable =
    [
        ("nul", [.. @"\u0000"u8]),
        ("half-pair", [.. @"\ud800"u8]),
        ("other-half", [.. @"\udc00"u8]),
        ("no-utf8", [0xff, 0xfe]),
    ];

    /// <summary>Refused by the server, before anything has looked at what is asked for: these answers have no headers of ours.</summary>
    private static readonly HashSet<string> OfTheServer = ["nul-path", "nul-key", "no-utf8-key"];

    private static readonly Regex Literal = new("\"[^\"]*\"");

    private string Host => $"Host: {program.Address.Authority}";

    /// <summary>A line for each route, with the status of each request.</summary>
    public async IAsyncEnumerable<(string Line, IReadOnlyList<(string Name, string Status)> Answers)> LinesAsync()
    {
        // What people see and steer sagas by has a matrix of routes and roles of its own, in Skald.Management.Tests.
        foreach (var route in program.Routes.Where(r => r.Pattern != "/skald" && !r.Pattern.StartsWith("/skald/", StringComparison.Ordinal)))
        {
            yield return ($"{route}", await TryAsync(route, Target(route.Pattern), Body(route)));
        }

        yield return ("GET (nowhere)", await TryAsync(new Route("GET", "/nowhere"), "/nowhere", null));
    }

    private string? Body(Route route)
    {
        var key = $"{route.Method} {prefix}{route.Pattern}";
        Assert.True(route.Method == "GET" || Bodies.ContainsKey(key), $"EdgeMatrix has no body for {key}. Say which, or that it reads none.");
        return Bodies.GetValueOrDefault(key);
    }

    private static string Target(string pattern, string? value = null) =>
        string.Join('/', pattern.Split('/').Select(part => !part.StartsWith('{') ? part : value ?? (part.EndsWith(":guid}", StringComparison.Ordinal) ? Uuid : "1")));

    private string[] OwnHeaders => [Host, "Content-Type: application/json", $"Origin: http://{program.Address.Authority}", "Sec-Fetch-Site: same-origin"];

    private Task<IReadOnlyList<(string Name, string Status)>> TryAsync(Route route, string target, string? body)
    {
        var json = "Content-Type: application/json";
        var bytes = body is null ? null : Encoding.UTF8.GetBytes(body);
        List<(string Name, string Method, string Target, string[] Headers, byte[]? Body)> requests = [];
        Add("own", OwnHeaders);
        Add("host", ["Host: evil.example", json]);
        Add("origin", [Host, json, "Origin: http://evil.example"]);
        Add("null-origin", [Host, json, "Origin: null"]);
        Add("cross-site", [Host, json, "Sec-Fetch-Site: cross-site"]);
        Add("same-site", [Host, json, "Sec-Fetch-Site: same-site"]);
        Add("proxied", [Host, json, "X-Forwarded-For: 10.0.0.1"]);
        Add("page", [.. OwnHeaders, "Accept: text/html"]);
        foreach (var other in Methods.Except(program.Routes.Where(r => r.Pattern == route.Pattern).Select(r => r.Method)))
        {
            requests.Add(("other-methods", other, target, OwnHeaders, null));
        }

        requests.Add(("nul-query", route.Method, target + "?x=%00", OwnHeaders, bytes));
        requests.Add(("no-utf8-query", route.Method, target + "?x=%ff&limit=%ff&status=%ed%a0%80", OwnHeaders, bytes));
        if (route.Pattern.Contains('{', StringComparison.Ordinal))
        {
            requests.Add(("nul-path", route.Method, Target(route.Pattern, "%00"), OwnHeaders, bytes));
            requests.Add(("no-utf8-path", route.Method, Target(route.Pattern, "%ff%ed%a0%80"), OwnHeaders, bytes));
        }

        if (route.Method != "GET")
        {
            Add("nul-key", [.. OwnHeaders, "Idempotency-Key: a\0b"]);
            Add("no-utf8-key", [.. OwnHeaders, "Idempotency-Key: a\u00ffb"]);
            Add("no-ascii-key", [.. OwnHeaders, "Idempotency-Key: \u00e2\u0082\u00ac"]);
        }

        if (bytes is not null && body is not null)
        {
            Add("text", [Host, "Content-Type: text/plain"]);
            Add("form", [Host, "Content-Type: application/x-www-form-urlencoded"]);
            Add("untyped", [Host]);
            Send("2MiB", new byte[2 << 20]);
            Send("twice", Encoding.UTF8.GetBytes(body == "{}" ? """{"a":1,"a":2}""" : WithMembers(body, body.Split(',', '}')[0][1..])));
            Send("deep", Encoding.UTF8.GetBytes(new string('[', 100_000)));
            foreach (var (name, text) in Unstorable)
            {
                foreach (var place in Places(body))
                {
                    Send(name, Put(place, text));
                }
            }

            Send("utf-16", Encoding.Unicode.GetBytes(body), "; charset=utf-16");
            Send("odd-but-text", Encoding.UTF8.GetBytes(WithMembers(body, @"""more"":[""\ud83d\ude00 \\u0000 \u0001""],""\\ud800"":""€""")));
        }

        return SendAsync(requests);

        void Add(string name, string[] headers) => requests.Add((name, route.Method, target, headers, bytes));

        void Send(string name, byte[] content, string encoding = "") => requests.Add((name, route.Method, target, [Host, json + encoding], content));
    }

    /// <summary>The body, with a mark in each of its texts and names, and in a member that nobody knows.</summary>
    private static IEnumerable<string> Places(string body) =>
    [
        .. Literal.Matches(body).Select(literal => body.Insert(literal.Index + literal.Length - 1, "@")),
        WithMembers(body, @"""more"":[""@""]"),
        WithMembers(body, @"""@"":1"),
    ];

    private static string WithMembers(string body, string members) => body.Insert(1, body == "{}" ? members : members + ",");

    private static byte[] Put(string place, byte[] text) =>
        place.Split('@') is [var before, var after] ? [.. Encoding.UTF8.GetBytes(before), .. text, .. Encoding.UTF8.GetBytes(after)] : throw new ArgumentException($"Not one mark: {place}");

    /// <summary>Requests of one name are one entry, with each status that they were answered with.</summary>
    private async Task<IReadOnlyList<(string Name, string Status)>> SendAsync(List<(string Name, string Method, string Target, string[] Headers, byte[]? Body)> requests)
    {
        var answers = new List<(string Name, int Status)>();
        foreach (var (name, method, target, headers, body) in requests)
        {
            var answer = await RawHttp.SendAsync(program.Address, method, target, headers, body);
            ShouldBeGuarded($"{method} {target} ({name})", answer, isOurs: !OfTheServer.Contains(name));
            answers.Add((name, answer.Status));
        }

        return [.. answers.GroupBy(a => a.Name).Select(a => (a.Key, string.Join('/', a.Select(answer => answer.Status).Distinct().Order())))];
    }

    private static void ShouldBeGuarded(string request, RawAnswer answer, bool isOurs)
    {
        Assert.True(answer.Status is > 0 and < 500, $"{request} was answered with {answer.Status}.");
        var headers = answer.Headers;
        Assert.False(headers.ContainsKey("server") || headers.ContainsKey("x-powered-by"), request);
        if (!isOurs)
        {
            return;
        }

        Assert.True(headers.GetValueOrDefault("x-content-type-options") == "nosniff", request);
        Assert.True(headers.GetValueOrDefault("referrer-policy") == "no-referrer", request);
        Assert.True(headers.GetValueOrDefault("cross-origin-opener-policy") == "same-origin", request);
        Assert.True(headers.GetValueOrDefault("cross-origin-resource-policy") == "same-origin", request);
        var policy = headers.GetValueOrDefault("content-security-policy") ?? "";
        Assert.All((string[])["default-src 'none'", "frame-ancestors 'none'", "base-uri", "form-action"], part => Assert.True(policy.Contains(part, StringComparison.Ordinal), $"{request}: '{policy}' lacks {part}"));
        Assert.True(headers.GetValueOrDefault("cache-control")?.StartsWith("no-", StringComparison.Ordinal) == true, $"{request} may be kept: '{headers.GetValueOrDefault("cache-control")}'");
    }
}
