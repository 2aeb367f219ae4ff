using System.Text.Json;
using Skald.Storage;

namespace Skald.JsonFile;

/// <summary>The file: read as a whole at any time, replaced as a whole by whoever holds its lock.</summary>
internal sealed class DataFile(string path)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    // A lock that is held, as Linux, macOS and Windows say it.
    private static readonly int[] Held = [11, 35, unchecked((int)0x80070020)];

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>Waits until no other unit of work has the lock, in whatever process. Disposing gives it back, and so does the end of the process.</summary>
    public async Task<IDisposable> LockAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream($"{Path}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException exception) when (Held.Contains(exception.HResult))
            {
                await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            }
            catch (Exception exception) when (IsOutage(exception))
            {
                throw new StoreUnavailableException($"'{Path}' cannot be locked: {exception.Message}", exception);
            }
        }
    }

    /// <summary>Asks the document something, without the lock.</summary>
    public async ValueTask<T> AskAsync<T>(Func<Document, T> question, CancellationToken cancellationToken) => question(await ReadAsync(cancellationToken));

    /// <summary>Changes the document under the lock, and writes it if the result says that it has changed.</summary>
    public async ValueTask<T> ChangeAsync<T>(Func<Document, T> change, Func<T, bool> hasChanged, CancellationToken cancellationToken)
    {
        using var held = await LockAsync(cancellationToken);
        var document = await ReadAsync(cancellationToken);
        var result = change(document);
        if (hasChanged(result))
        {
            await WriteAsync(document, cancellationToken);
        }

        return result;
    }

    public async Task<Document> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return await JsonSerializer.DeserializeAsync<Document>(stream, cancellationToken: cancellationToken) ?? throw new JsonException("It holds null.");
        }
        catch (Exception exception) when (IsOutage(exception))
        {
            throw new StoreUnavailableException($"'{Path}' cannot be read: {exception.Message}", exception);
        }
    }

    public async Task WriteAsync(Document document, CancellationToken cancellationToken)
    {
        var written = $"{Path}.new";
        try
        {
            await using var stream = new FileStream(written, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            await JsonSerializer.SerializeAsync(stream, document, cancellationToken: cancellationToken);
            stream.Flush(flushToDisk: true);
            File.Move(written, Path, overwrite: true);
            // On journaling file systems this brings the new name to the disk too.
            stream.Flush(flushToDisk: true);
        }
        catch (Exception exception) when (IsOutage(exception))
        {
            throw new StoreUnavailableException($"'{Path}' cannot be written: {exception.Message}", exception);
        }
    }

    // A file that is damaged is no fault of the work either: it has to wait for a person.
    private static bool IsOutage(Exception exception) => exception is IOException or UnauthorizedAccessException or JsonException;
}
