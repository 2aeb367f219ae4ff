using Skald.Storage;
using Skald.Testing;

namespace Skald.JsonFile;

/// <summary>A folder for one test's file, and how to take both away.</summary>
internal sealed class JsonFileGround : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("skald-json-").FullName;

    public string FilePath => Path.Combine(Folder, "store.json");

    private string Folder => Path.Combine(_root, "data");

    public StoreGround ForStores() => new(OpenAsync) { CutOff = CutOffAsync, FillDisk = FillDiskAsync, MakeNewer = MakeNewerAsync };

    public Task<IStore> OpenAsync() => Task.FromResult<IStore>(new JsonFileStore(FilePath));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private Task<IAsyncDisposable> CutOffAsync()
    {
        var away = Path.Combine(_root, "away");
        Directory.Move(Folder, away);
        return Task.FromResult<IAsyncDisposable>(new Ending(() => Directory.Move(away, Folder)));
    }

    private async Task MakeNewerAsync() =>
        await File.WriteAllTextAsync(FilePath, System.Text.RegularExpressions.Regex.Replace(await File.ReadAllTextAsync(FilePath), @"""Format"":\s*1", "\"Format\": 2"));

    /// <summary>What a commit writes goes to the device that is always full.</summary>
    private Task<IAsyncDisposable> FillDiskAsync()
    {
        var written = $"{FilePath}.new";
        File.CreateSymbolicLink(written, "/dev/full");
        return Task.FromResult<IAsyncDisposable>(new Ending(() => File.Delete(written)));
    }

    private sealed class Ending(Action end) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            end();
            return ValueTask.CompletedTask;
        }
    }
}
