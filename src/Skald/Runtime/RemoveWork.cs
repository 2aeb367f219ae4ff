using Skald.Storage;

namespace Skald.Runtime;

/// <summary>Removes sagas and flows that have ended; that they were there stays known, and the sagas' participants are told that they may forget them.</summary>
/// <param name="ended">What may go. What is not as it was found stays.</param>
internal sealed class RemoveWork(Ended ended) : Work
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What of them had to be loaded.</summary>
    public long BytesLoaded { get; private set; }

    /// <summary>Ends when it is committed.</summary>
    public Task Done => _done.Task;

    public override bool ComesAgain => true;

    public override void AddKeys(LoadRequest request, EventRouting routing)
    {
        request.Sagas.UnionWith(ended.Sagas);
        request.Flows.UnionWith(ended.Flows);
    }

    public override ValueTask ApplyAsync(BatchRun run)
    {
        var farewell = new Farewell(run);
        foreach (var row in ended.Sagas.Select(id => run.Loaded.Sagas.GetValueOrDefault(id)).OfType<SagaRow>().Where(row => row is { Hold: null, EndedAt: not null } && !run.Sagas.Touches(row.Id)))
        {
            run.Changes.RemovedSagas.Add(row.Id);
            // Of those that have ended only.
            run.Changes.Removed.Add(new RemovedRow(row.Id, row.Definition, row.BusinessKey, (int)row.Status, row.StartedAt, row.EndedAt!.Value, UnixTime.From(run.Now)));
            farewell.Add(row);
        }

        foreach (var row in ended.Flows.Select(id => run.Loaded.Flows.GetValueOrDefault(id)).OfType<FlowRow>().Where(row => row.EndedAt is not null))
        {
            run.Changes.RemovedFlows.Add(row.Id);
            // Of those that have ended only.
            run.Changes.Removed.Add(new RemovedRow(row.Id, row.Definition, row.Flow, (int)row.Status, row.StartedAt, row.EndedAt!.Value, UnixTime.From(run.Now)));
        }

        farewell.Send();
        BytesLoaded = run.Loaded.Sagas.Values.Sum(row => (long)row.State.Length) + run.Loaded.Flows.Values.Sum(row => (long)row.Seen.Length);
        run.WritesAnything = true;
        return default;
    }

    public override void Committed(Aftermath after) => _done.TrySetResult();

    public override void Abandon(Exception exception) => _done.TrySetException(exception);
}
