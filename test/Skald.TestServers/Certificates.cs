using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Skald.TestServers;

/// <summary>An authority of our own, and a server's certificate for 127.0.0.1 that it signed, as PEM files for a day.</summary>
public sealed class Certificates : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("skald-certificates-");

    /// <summary>Makes them.</summary>
    public Certificates()
    {
        var (from, until) = (TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rootRequest = new CertificateRequest("CN=Skald's tests", rootKey, HashAlgorithmName.SHA256);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        rootRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        using var root = rootRequest.CreateSelfSigned(from, until);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        using var certificate = request.Create(root, from, until.AddHours(-1), [1, 2, 3, 4]);
        Thumbprint = certificate.Thumbprint;
        File.WriteAllText(Authority, root.ExportCertificatePem());
        File.WriteAllText(Server, certificate.ExportCertificatePem());
        File.WriteAllText(Key, key.ExportPkcs8PrivateKeyPem());
        // Its servers run as users of their own, and copy the key.
        File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0b111_101_101);
    }

    /// <summary>The authority's certificate.</summary>
    public string Authority => Path.Combine(_folder.FullName, "authority.pem");

    /// <summary>The server's certificate.</summary>
    public string Server => Path.Combine(_folder.FullName, "server.pem");

    /// <summary>The server's certificate, as it is known.</summary>
    public string Thumbprint { get; }

    /// <summary>The server's key.</summary>
    public string Key => Path.Combine(_folder.FullName, "server.key");

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);
}
