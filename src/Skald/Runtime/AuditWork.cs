namespace Skald.Runtime;

/// <summary>Writes what somebody did to something that no transaction of the engine's changes.</summary>
/// <param name="actor">Who.</param>
/// <param name="act">What.</param>
/// <param name="kind">To what kind of thing.</param>
/// <param name="target">To which.</param>
/// <param name="reason">Why.</param>
internal sealed class AuditWork(string? actor, string act, string kind, string target, string? reason) : Work
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Done => _done.Task;

    public override ValueTask ApplyAsync(BatchRun run)
    {
        ActAudit.Write(run, actor ?? ActAudit.Somebody, act, kind, target, reason);
        run.WritesAnything = true;
        return default;
    }

    public override void Committed(Aftermath after) => _done.TrySetResult();

    public override void Abandon(Exception exception) => _done.TrySetException(exception);
}
