using System.Data.Common;
using System.Text.Json;
using Skald.Storage;

namespace Skald.JsonFile;

/// <summary>A service's data in one JSON file: an example of a store. Any number of processes of one machine may share the file.</summary>
/// <remarks>
/// A unit of work has the file to itself, reads all of it and writes all of it anew: right, and slow. There is no SQL: a service's own
/// schema is passed over, and its handlers get no transaction.
/// </remarks>
/// <param name="path">The file; created with its folder at the start.</param>
public sealed class JsonFileStore(string path) : IStore, IRetention
{
    private readonly DataFile _file = new(path);
    private readonly Presence _presence = new(System.IO.Path.GetFullPath(path));

    /// <inheritdoc/>
    public string Description => $"JSON file {_file.Path}";

    /// <inheritdoc/>
    public IOperations Operations => new JsonFileOperations(_file, _presence);

    /// <inheritdoc/>
    public IRetention Retention => this;

    /// <inheritdoc/>
    public IEventLog EventLog => new JsonFileEvents(_file);

    /// <inheritdoc/>
    public async Task StartAsync(string owner, IReadOnlyList<string> schema, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_file.Path)!);
            using var held = await _file.LockAsync(cancellationToken);
            if (!File.Exists(_file.Path))
            {
                await _file.WriteAsync(new Document { Owner = owner }, cancellationToken);
            }

            var document = await _file.ReadAsync(cancellationToken);
            if (document.Owner != owner)
            {
                throw new StoreSetupException($"'{_file.Path}' holds the data of '{document.Owner}'; give '{owner}' a file of its own.");
            }

            if (document.Format > Document.CurrentFormat)
            {
                throw new StoreSetupException($"'{_file.Path}' was written by a newer version, in format {document.Format}; this one knows {Document.CurrentFormat}. Update this service.");
            }
        }
        catch (StoreUnavailableException exception) when (exception.InnerException is JsonException)
        {
            throw new StoreSetupException($"'{_file.Path}' is no file of this store, or is damaged: move it away or restore it. {exception.InnerException.Message}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StoreSetupException($"The folder of '{_file.Path}' cannot be made: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IUnitOfWork> BeginAsync(LoadRequest request, CancellationToken cancellationToken)
    {
        var held = await _file.LockAsync(cancellationToken);
        try
        {
            var unit = new JsonFileUnit(_file, await _file.ReadAsync(cancellationToken), held);
            unit.Load(request);
            return unit;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<DueWork> TakeDueAsync(DateTimeOffset now, TimeSpan claimFor, int limit, bool wakes, CancellationToken cancellationToken) =>
        _file.ChangeAsync(d => d.TakeDue(now, claimFor, limit, wakes, _presence), due => due.Sagas.Count + due.Flows.Count + due.Delayed.Count + due.Outbox.Count > 0, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Strangers> FindStrangersAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        _file.ChangeAsync(d => d.FindStrangers(now, limit, _presence), _ => false, cancellationToken);

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> KeepSecretAsync(ReadOnlyMemory<byte> drawn, CancellationToken cancellationToken) =>
        (await _file.ChangeAsync(d => (Kept: d.Secret ??= drawn.ToArray(), IsNew: true), result => result.IsNew, cancellationToken)).Kept;

    /// <inheritdoc/>
    public long Incarnation => _presence.Number;

    /// <inheritdoc/>
    public async Task JoinAsync(IReadOnlyCollection<string>? plans, CancellationToken cancellationToken)
    {
        if (Incarnation > 0)
        {
            return;
        }

        _presence.Plans = plans?.ToArray();
        await _file.ChangeAsync(d => _presence.Hold(Join(d)), joined => joined, cancellationToken);
        _presence.IsKnown = true;
    }

    private long Join(Document document)
    {
        document.Joined.Add(++document.LastJoined);
        document.Instances.Put([new InstanceRow(document.LastJoined, IsGone: false)
        {
            Name = InstanceRow.ThisProcess, Since = UnixTime.From(TimeProvider.System.GetUtcNow()), Plans = _presence.Plans,
        }]);
        if (_presence.Plans is { } plans)
        {
            document.Knows[document.LastJoined] = plans;
        }

        return document.LastJoined;
    }

    /// <inheritdoc/>
    public async Task LeaveAsync(CancellationToken cancellationToken) =>
        await _file.ChangeAsync(d => d.Instances.Remove(_presence.Number) | d.Knows.Remove(_presence.Number) | d.Joined.Remove(_presence.Number), left => left, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> IsForThisInstanceAsync(CancellationToken cancellationToken) =>
        _file.AskAsync(d => _presence.IsFirst(d.Joined), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Ended> FindEndedAsync(EndedQuery query, CancellationToken cancellationToken) => _file.AskAsync(d => d.FindEnded(query, _presence), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> RemoveAsync(OldRows kind, long before, int limit, CancellationToken cancellationToken) =>
        _file.ChangeAsync(d => d.Remove(kind, before, limit), removed => removed > 0, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken) => throw new NotSupportedException("A JSON file is no SQL database.");

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _presence.Dispose();
        return ValueTask.CompletedTask;
    }
}
