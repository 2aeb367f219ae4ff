namespace Skald.Tests;

/// <summary>A folder for one test's database files, deleted with the test.</summary>
internal sealed class TempFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("skald-").FullName;

    public string File(string name) => Path.Combine(_path, name);

    public void Dispose()
    {
        try
        {
            Directory.Delete(_path, recursive: true);
        }
        catch (IOException)
        {
            // Another handle is still closing; the system's temporary folder is cleaned in time.
        }
    }
}
