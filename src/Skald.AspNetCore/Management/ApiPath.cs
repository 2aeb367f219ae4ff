using System.Globalization;

namespace Skald.Management;

/// <summary>A path below the API's address, with its query.</summary>
internal sealed record ApiPath
{
    private ApiPath(string text) => Written = text;

    /// <summary>As it is sent.</summary>
    public string Written { get; }

    /// <summary>Whether a part is one that means another place in an address. Nothing is called that.</summary>
    public bool LeadsElsewhere { get; private init; }

    /// <param name="parts">Each is one part, whatever characters are in it.</param>
    public static ApiPath To(params ReadOnlySpan<string> parts)
    {
        var (written, elsewhere) = ("api", false);
        foreach (var part in parts)
        {
            written += "/" + Uri.EscapeDataString(part);
            elsewhere |= part is "" or "." or "..";
        }

        return new ApiPath(written) { LeadsElsewhere = elsewhere };
    }

    /// <summary>A number as it is sent.</summary>
    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    public ApiPath With(string name, long value) => With(name, Text(value));

    /// <summary>Nothing is added for nothing.</summary>
    public ApiPath With(string name, string? value) =>
        value is null ? this : new ApiPath($"{Written}{(Written.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{name}={Uri.EscapeDataString(value)}") { LeadsElsewhere = LeadsElsewhere };

    public ApiPath With(ListQuery query) => With("service", query.Service).With("cursor", query.Cursor).With("limit", query.Limit);
}
