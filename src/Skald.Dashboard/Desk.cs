using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Skald.Management;

namespace Skald.Dashboard;

/// <summary>What all parts of a page know: where it is, when it is, who looks at it, and where one can go from it.</summary>
internal sealed class Desk(TimeProvider time, IAntiforgery antiforgery)
{
    private HttpContext? _http;

    /// <summary>The address of the dashboard, with its application's base path and without a slash at the end.</summary>
    public string Root { get; private set; } = "";

    /// <summary>The address of this page, with its query.</summary>
    public string Here { get; private set; } = "";

    /// <summary>The dashboard's whole address, for lines that people paste elsewhere.</summary>
    public string Server { get; private set; } = "";

    /// <summary>When the page was made.</summary>
    public DateTimeOffset Now { get; } = time.GetUtcNow();

    /// <summary>What is asked.</summary>
    public IManagement Management { get; private set; } = default!; // Nobody has a desk before they have entered.

    /// <summary>What is around the page.</summary>
    public Frame Frame { get; private set; } = default!; // As above.

    /// <summary>Who looks at it.</summary>
    public ManagementCaller Caller { get; private set; } = new();

    /// <summary>The application's own word on each act; null where it has none.</summary>
    public Func<HttpContext, string, ValueTask<bool>>? CanAct { get; private set; }

    /// <summary>The places of the navigation.</summary>
    public IReadOnlyList<Place> Places { get; set; } = [];

    /// <summary>A line below the navigation; null for none.</summary>
    public string? Foot { get; set; }

    /// <summary>What the page follows, as the path of its stream; null when it does not follow anything.</summary>
    public string? Follows { get; set; }

    /// <summary>Whether only a part of a page that is there already is asked for.</summary>
    public bool IsPart => _http?.Request.Headers["HX-Request-Type"].ToString() is "partial";

    /// <summary>Proves that a form was made here, for the one who sends it.</summary>
    public AntiforgeryTokenSet Token => antiforgery.GetAndStoreTokens(_http ?? throw new InvalidOperationException("Nobody has entered yet."));

    /// <summary>An address within the dashboard. Parts of the path are encoded already: see <see cref="Part"/>.</summary>
    public string Url(string path) => $"{Root}/{path}";

    /// <summary>The address of a saga's page.</summary>
    public string Saga(string service, string id) => Url($"sagas/{Part(service)}/{Part(id)}");

    /// <summary>The address of a list of sagas.</summary>
    public string Sagas(string q) => Url($"sagas?q={Part(q)}");

    /// <summary>The address of a document that is given as a path below the server's address, or whole; anything else leads nowhere.</summary>
    public string? Document(string address) =>
        address.StartsWith('/') && !address.StartsWith("//", StringComparison.Ordinal) ? $"{_http?.Request.PathBase.ToUriComponent()}{address}"
        : address.StartsWith("http://", StringComparison.Ordinal) || address.StartsWith("https://", StringComparison.Ordinal) ? address : null;

    /// <summary>An asset's address, which names its version.</summary>
    public string Asset(string name) => Url($"assets/{Assets.Version}/{name}");

    /// <summary>Anybody's text as one part of a path, or as a value of a query.</summary>
    public static string Part(string text) => Uri.EscapeDataString(text);

    /// <summary>Reads where the request has come to.</summary>
    /// <param name="http">The request.</param>
    /// <param name="depth">How many parts of its path belong to the page.</param>
    /// <param name="frame">What is around every page.</param>
    /// <param name="canAct">The application's own word on each act.</param>
    public void Enter(HttpContext http, int depth, Frame frame, Func<HttpContext, string, ValueTask<bool>>? canAct)
    {
        // Whoever is not let in has none, and comes no further.
        var caller = http.Features.Get<ManagementCaller>() ?? new ManagementCaller();
        (Management, Frame, CanAct) = (frame.Management, frame, canAct);
        var path = http.Request.Path.ToUriComponent().TrimEnd('/');
        for (var i = 0; i < depth; i++)
        {
            path = path[..path.LastIndexOf('/')];
        }

        _http = http;
        Caller = caller;
        Root = http.Request.PathBase.ToUriComponent() + path;
        Here = http.Request.PathBase.ToUriComponent() + http.Request.Path.ToUriComponent() + http.Request.QueryString.ToUriComponent();
        Server = $"{http.Request.Scheme}://{http.Request.Host}{Root}";
    }
}
