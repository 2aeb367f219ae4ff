using System.Collections.Frozen;
using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Skald.Dashboard;

/// <summary>Style sheets and scripts. Their version is part of their address, so that browsers may keep them for ever.</summary>
internal static class Assets
{
    private static readonly string[] Names = ["skald.css", "dashboard.css", "htmx.min.js", "hx-sse.min.js", "dashboard.js"];

    private static readonly FrozenDictionary<string, Asset> All = Names.ToFrozenDictionary(name => name, Read);

    /// <summary>Changes when any of them does.</summary>
    public static string Version { get; } = Convert.ToHexStringLower(SHA256.HashData([.. All.Values.OrderBy(a => a.Name, StringComparer.Ordinal).SelectMany(a => a.Plain)]))[..12];

    /// <summary>Answers with one of them.</summary>
    public static IResult Answer(HttpContext http, string version, string name)
    {
        if (!All.TryGetValue(name, out var asset))
        {
            return Results.NotFound();
        }

        // An old page may ask for an old version: it gets what there is, and is not to keep it.
        http.Response.Headers.CacheControl = version == Version ? "public, max-age=31536000, immutable" : "no-cache";
        http.Response.Headers.Vary = "Accept-Encoding";
        if (!http.Request.Headers.AcceptEncoding.ToString().Contains("br", StringComparison.OrdinalIgnoreCase))
        {
            return Results.Bytes(asset.Plain, asset.Type);
        }

        http.Response.Headers.ContentEncoding = "br";
        return Results.Bytes(asset.Brotli, asset.Type);
    }

    private static Asset Read(string name)
    {
        // The resources are named in the project file.
        using var stream = typeof(Assets).Assembly.GetManifestResourceStream(name)!;
        using var plain = new MemoryStream();
        stream.CopyTo(plain);
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            brotli.Write(plain.GetBuffer(), 0, (int)plain.Length);
        }

        return new Asset(name, name.EndsWith(".css", StringComparison.Ordinal) ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8", plain.ToArray(), packed.ToArray());
    }

    private sealed record Asset(string Name, string Type, byte[] Plain, byte[] Brotli);
}
