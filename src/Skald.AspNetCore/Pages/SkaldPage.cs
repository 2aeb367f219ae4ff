using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Skald;

/// <summary>A page for people, in the look that all of them have. It is encoded already where it holds what others wrote: see <see cref="Text(string)"/>.</summary>
/// <param name="Title">The title, as plain text.</param>
/// <param name="Body">What is between <c>&lt;body&gt;</c> and <c>&lt;/body&gt;</c>.</param>
public sealed record SkaldPage(string Title, string Body)
{
    /// <summary>Where relative links begin; null for the page's own address.</summary>
    public string? Base { get; init; }

    /// <summary>The address of a script of this site; null for none. Scripts and styles within the page are not let through.</summary>
    public string? Script { get; init; }

    /// <summary>Text as HTML. Words may be broken after the marks within them, such as dots and slashes, and nowhere else.</summary>
    /// <param name="text">Anybody's text.</param>
    public static string Text(string? text)
    {
        var html = new StringBuilder();
        foreach (var part in Parts(text ?? ""))
        {
            html.Append(WebUtility.HtmlEncode(part)).Append("<wbr>");
        }

        html.Length -= html.Length > 0 ? "<wbr>".Length : 0;
        return html.ToString();
    }

    /// <summary>Answers with the page. Its process serves the style sheet: <see cref="SkaldPages.MapSkaldStyle"/>.</summary>
    /// <param name="http">The request that asks for it.</param>
    public IResult Answer(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        var root = WebUtility.HtmlEncode(http.Request.PathBase);
        return Results.Content($"""
            <!doctype html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <title>{WebUtility.HtmlEncode(Title)}</title>
              {(Base is null ? "" : $"<base href=\"{WebUtility.HtmlEncode(Base)}\">")}
              <link rel="icon" href="data:,">
              <link rel="stylesheet" href="{root}{SkaldPages.StylePath}">
              {(Script is null ? "" : $"<script src=\"{WebUtility.HtmlEncode(Script)}\" defer></script>")}
            </head>
            <body>
            {Body}
            </body>
            </html>

            """, "text/html; charset=utf-8");
    }

    private static IEnumerable<string> Parts(string text)
    {
        var start = 0;
        for (var i = 1; i < text.Length; i++)
        {
            if (MayBreak(text[i - 1], text[i]))
            {
                yield return text[start..i];
                start = i;
            }
        }

        if (start < text.Length)
        {
            yield return text[start..];
        }
    }

    private static bool MayBreak(char before, char after) => before switch
    {
        ',' or '{' or '[' => !char.IsWhiteSpace(after),
        '/' or '.' or ':' or '_' or '=' or '&' or '?' => char.IsLetterOrDigit(after),
        _ => false,
    };
}
