using System.Data.Common;
using Skald.Decisions;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>Tells a saga that its time has come.</summary>
internal sealed class WakeWork(SagaId id, SagaInput.Woken woken) : Work
{
    public override int? Affinity => id.GetHashCode();

    public override bool ComesAgain => true;

    public override void AddKeys(LoadRequest request, EventRouting routing) => request.Sagas.Add(id.Value);

    public override async ValueTask ApplyAsync(BatchRun run)
    {
        if (run.Sagas.Find(id) is { } saga)
        {
            var before = saga.Instance;
            await run.Sagas.DecideAsync(saga, woken);
            if (!ReferenceEquals(before, saga.Instance))
            {
                run.Spans.Wake(saga);
            }
        }
    }

    public override async ValueTask<bool> RecordFaultAsync(BatchRun run, Exception exception)
    {
        if (exception is LocalStepException)
        {
            await ApplyAsync(run);
            return true;
        }

        if (Passes(exception) || run.Sagas.Find(id) is not { } saga)
        {
            return false;
        }

        // Nobody waits for this one; left as it is, it would fail again whenever it is looked at.
        await run.Sagas.DecideAsync(saga, new SagaInput.Broken(exception.Message));
        return true;
    }

    /// <summary>What another writer or the database caused passes by itself: the saga stays due.</summary>
    public static bool Passes(Exception exception) => exception is SagaConcurrencyException or DbException or TimeoutException or OperationCanceledException;
}

/// <summary>Tells a saga something from outside: a person resumes or cancels it, an event is raised for it.</summary>
/// <param name="id">The saga.</param>
/// <param name="input">What it is told, as it stands then. An argument that is wrong for it tells it nothing, and whoever asks hears why.</param>
/// <param name="answer">What it answered, once it has decided.</param>
internal sealed class ActWork<T>(SagaId id, Func<SagaRun, SagaInput> input, Func<SagaRun, T> answer) : Work
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _answer;
    private Exception? _mistake;

    public ActWork(SagaId id, SagaInput input, Func<SagaRun, T> answer) : this(id, _ => input, answer)
    {
    }

    /// <summary>The version at which it is done, and at no other; null for whichever.</summary>
    public long? ExpectedVersion { get; init; }

    /// <summary>Whose act it is, for the timeline; null when nobody is known.</summary>
    public string? Actor { get; init; }

    /// <summary>Why, for the timeline.</summary>
    public string? Reason { get; init; }

    /// <summary>What it is called in the audit.</summary>
    public string Act { get; init; } = "raise";

    /// <summary>What is answered where there is no such saga, from what is known of it if it was removed. It is an error unless set.</summary>
    public Func<RemovedRow?, T>? WhenMissing { get; init; }

    /// <summary>What is done about a saga whose version this process does not know, and answered. It is an error unless set.</summary>
    public Func<BatchRun, SagaRow, T>? WhenStranger { get; init; }

    public Task<T> Done => _done.Task;

    public override int? Affinity => id.GetHashCode();

    public override void AddKeys(LoadRequest request, EventRouting routing) => request.Sagas.Add(id.Value);

    public override async ValueTask ApplyAsync(BatchRun run)
    {
        _mistake = null;
        if (run.Sagas.Find(id) is { } saga)
        {
            await ActAsync(run, saga);
        }
        else if (WhenStranger is not null && run.Sagas.Stranger(id) is { } stranger)
        {
            _answer = WhenStranger(run, stranger);
        }
        else
        {
            // One that is there and cannot be read is not missing.
            var removed = WhenMissing is null || run.Loaded.Sagas.ContainsKey(id.Value) ? throw await MissingSaga.WhyAsync(run, id) : await run.FindRemovedAsync(id.Value);
            _answer = WhenMissing(removed);
        }
    }

    private async ValueTask ActAsync(BatchRun run, SagaRun saga)
    {
        if (ExpectedVersion is { } expected && expected != saga.Instance.Version)
        {
            // Nothing is done; what else is in the batch goes on.
            _mistake = new SagaMovedOnException(id, expected, saga.Instance.Version);
            return;
        }

        await run.Sagas.UnstrandAsync(saga);
        SagaInput told;
        try
        {
            told = input(saga);
        }
        catch (ArgumentException exception)
        {
            _mistake = exception;
            return;
        }

        var isSomebodys = Actor is not null || Reason is not null;
        if (isSomebodys)
        {
            saga.ActedOnBy(Actor, Reason);
        }

        var before = saga.Instance;
        await run.Sagas.DecideAsync(saga, told);
        _answer = answer(saga);
        if (isSomebodys)
        {
            ActAudit.Acted(run, saga, before, Act, told, Actor, Reason);
            // What else this batch brings is not theirs.
            saga.ActedOnBy(null, null);
        }
    }

    public override async ValueTask<bool> RecordFaultAsync(BatchRun run, Exception exception)
    {
        if (exception is not LocalStepException)
        {
            return false;
        }

        await ApplyAsync(run);
        return true;
    }

    public override void Committed(Aftermath after)
    {
        if (_mistake is not null)
        {
            _done.TrySetException(_mistake);
            return;
        }

        // Set by ApplyAsync, which ran before the commit.
        _done.TrySetResult(_answer!);
    }

    public override void Abandon(Exception exception) => _done.TrySetException(exception);
}
