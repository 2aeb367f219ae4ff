using System.Diagnostics;
using Skald.Decisions;
using Skald.Definition;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>What a start was answered.</summary>
internal sealed record StartOutcome(SagaId Id, object State, bool Repeated);

/// <summary>Starts a saga.</summary>
internal sealed class StartWork(SagaPlan plan, SagaId id, object state, RequestKey? key) : Work
{
    private readonly TaskCompletionSource<StartOutcome> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StartOutcome? _outcome;
    private Exception? _refusal;
    private byte[]? _asGiven;
    private readonly string? _askedIn = Activity.Current?.Id;
    private Activity? _span;

    public Task<StartOutcome> Done => _done.Task;

    public override bool StartsSaga => true;

    public override void AddKeys(LoadRequest request, EventRouting routing)
    {
        if (key is not null)
        {
            request.Requests.Add(key.Key);
        }
    }

    public override int? Affinity => key is null ? id.GetHashCode() : key.Key.GetHashCode(StringComparison.Ordinal);

    public override async ValueTask ApplyAsync(BatchRun run)
    {
        (_outcome, _refusal) = (null, null);
        if (key is not null && run.FindRequest(key.Key) is { } before)
        {
            // Told after the commit: its neighbours in the batch have nothing to do with it.
            _refusal = key.Conflict(before);
            if (_refusal is not null)
            {
                return;
            }

            var (started, itsState) = StartAnswer.Read(before.Answer, version => run.Setup.Model.FindPlan(plan.Name, version), state, run.Serializer);
            _outcome = new StartOutcome(started, itsState, Repeated: true);
            return;
        }

        var fresh = Fresh(run.Serializer);
        if (await SagaKeys.TakeAsync(run, plan, id, fresh) is { } exists)
        {
            _refusal = exists;
            return;
        }

        var saga = run.Sagas.Add(plan, SagaDecider.NewSaga(plan, id, fresh, run.Now), _askedIn, ref _span);
        await run.Sagas.DecideAsync(saga, new SagaInput.Started());
        _outcome = new StartOutcome(id, saga.Instance.State, Repeated: false);
        if (key is not null)
        {
            run.AddRequest(new RequestRow(key.Key, key.Fingerprint, StartAnswer.Write(id, saga.Instance.State, plan, run.Serializer), UnixTime.From(run.Now)));
        }
    }

    /// <summary>The state as it was given, whatever an attempt that was rolled back has made of it.</summary>
    private object Fresh(MessageSerializer serializer)
    {
        if (plan.StateIsUnchangeable)
        {
            return state;
        }

        if (_asGiven is not null)
        {
            return serializer.Read(_asGiven, plan.StateType);
        }

        _asGiven = serializer.Write(state, plan.StateType);
        return state;
    }

    public override void Committed(Aftermath after)
    {
        if (_refusal is not null)
        {
            _done.TrySetException(_refusal);
            return;
        }

        // Set by ApplyAsync, which ran before the commit.
        if (!_outcome!.Repeated)
        {
            after.Waiters.Started(_outcome.Id);
        }

        _done.TrySetResult(_outcome);
    }

    public override void Abandon(Exception exception) => _done.TrySetException(exception is LocalStepException local ? local.InnerException! : exception);
}

/// <summary>Wakes a flow.</summary>
/// <param name="row">Its row.</param>
/// <param name="foundAt">When it was found due: what passed later is not judged.</param>
internal sealed class FlowWork(Guid row, DateTimeOffset foundAt) : Work
{
    public override int? Affinity => row.GetHashCode();

    public override bool ComesAgain => true;

    public override void AddKeys(LoadRequest request, EventRouting routing) => request.Flows.Add(row);

    public override ValueTask ApplyAsync(BatchRun run) => run.Flows.WakeAsync(row, foundAt);
}

/// <summary>A saga's local code threw; its transaction is rolled back.</summary>
internal sealed class LocalStepException(SagaId saga, int step, bool undo, Exception inner) : Exception(inner.Message, inner)
{
    public SagaId Saga => saga;

    public SagaInput.LocalFaulted Input => new(step, undo, InnerException!.GetType().Name, InnerException.Message);

    public bool IsSame(LocalStepException other) => other.Is(saga, step, undo);

    public bool Is(SagaId id, int index, bool isUndo) => id == saga && index == step && isUndo == undo;
}
