using System.IO.Compression;
using System.Xml.Linq;

namespace Skald.Packages.Tests;

/// <summary>A package that is read.</summary>
internal sealed class Package : IDisposable
{
    private readonly ZipArchive _archive;
    private readonly XElement _metadata;

    public Package(string file)
    {
        _archive = ZipFile.OpenRead(file);
        var nuspec = _archive.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal));
        using var content = nuspec.Open();
        _metadata = XElement.Load(content).Elements().Single(element => element.Name.LocalName == "metadata");
    }

    public IEnumerable<string> Files => _archive.Entries.Select(entry => entry.FullName);

    /// <summary>What it says of itself; empty when it says nothing.</summary>
    public string Says(string element) => Find(element)?.Value ?? "";

    public string Says(string element, string attribute) => Find(element)?.Attribute(attribute)?.Value ?? "";

    public IEnumerable<(string Id, string Version)> Dependencies => _metadata.Descendants()
        .Where(element => element.Name.LocalName == "dependency")
        .Select(element => (element.Attribute("id")!.Value, element.Attribute("version")!.Value)); // NuGet writes both.

    public byte[] Read(string file)
    {
        using var content = (_archive.GetEntry(file) ?? throw new FileNotFoundException($"The package has no {file}; it has {string.Join(", ", Files)}.")).Open();
        using var copy = new MemoryStream();
        content.CopyTo(copy);
        return copy.ToArray();
    }

    public string Text(string file) => System.Text.Encoding.UTF8.GetString(Read(file));

    public void Dispose() => _archive.Dispose();

    private XElement? Find(string element) => _metadata.Elements().SingleOrDefault(found => found.Name.LocalName == element);
}
