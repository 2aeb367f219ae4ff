using System.Security.Cryptography;
using System.Text;

namespace Skald;

/// <summary>Values of <c>Content-Security-Policy</c>: what a page may load, run and be framed by.</summary>
public static class PagePolicy
{
    private const string Nothing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Style sheets, scripts and pictures of the same site, and requests to it; nothing inline.</summary>
    public const string Default =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>For a page that needs nothing but a style sheet within itself.</summary>
    /// <param name="style">The text between <c>&lt;style&gt;</c> and <c>&lt;/style&gt;</c>, to the letter.</param>
    public static string WithStyle(string style) =>
        $"{Nothing}; img-src data:; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)))}'";
}
