using System.Globalization;

namespace Skald.Management;

/// <summary>A path below the API's address, with its query.</summary>
internal sealed record ApiPath
{
    private ApiPath(string text) => Written = text;

    /// <summary>As it is sent.</summary>
    public string Written { get; }

    /// <param name="parts">Each is one part, whatever characters are in it.</param>
    /// <exception cref="ManagementException">A part is one that means another place in an address: nothing is called that.</exception>
    public static ApiPath To(params ReadOnlySpan<string> parts)
    {
        var written = "api";
        foreach (var part in parts)
        {
            written += part is "" or "." or ".."
                ? throw new ManagementException(new ManagementProblem(404, ProblemCodes.NotFound, $"Nothing is called '{part}'."))
                : "/" + Uri.EscapeDataString(part);
        }

        return new ApiPath(written);
    }

    /// <summary>A number as it is sent.</summary>
    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    public ApiPath With(string name, long value) => With(name, Text(value));

    /// <summary>Nothing is added for nothing.</summary>
    public ApiPath With(string name, string? value) =>
        value is null ? this : new ApiPath($"{Written}{(Written.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{name}={Uri.EscapeDataString(value)}");

    public ApiPath With(ListQuery query) => With("service", query.Service).With("cursor", query.Cursor).With("limit", query.Limit);
}
