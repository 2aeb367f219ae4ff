using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>One thing for a lane to do within a batch.</summary>
internal abstract class Work
{
    /// <summary>Work of one number is kept together. It counts within this process only; null for work that concerns nothing else.</summary>
    public virtual int? Affinity => null;

    /// <summary>What else it concerns, in the same numbers; null for nothing.</summary>
    public virtual int? AlsoConcerns(EventRouting routing) => null;

    /// <summary>Whoever asked for it waits no more: it need not be begun.</summary>
    public volatile bool IsGivenUp;

    /// <summary>Since when it waits for its turn, by the machine's steady count; 0 for what is not asked for.</summary>
    public long AskedAt { get; set; }

    /// <summary>What it brings along, in bytes; what it has loaded is not its own.</summary>
    public virtual int Bytes => 0;

    /// <summary>Whether it begins a saga, and waits while participants are behind.</summary>
    public virtual bool StartsSaga => false;

    /// <summary>Asks for what has to be loaded.</summary>
    public virtual void AddKeys(LoadRequest request, EventRouting routing)
    {
    }

    /// <summary>It has failed before, perhaps because it was taken for new and is not.</summary>
    public bool LooksEverythingUp { get; set; }

    /// <summary>Does it, inside the transaction. May run again if the batch is rolled back.</summary>
    public abstract ValueTask ApplyAsync(BatchRun run);

    /// <summary>The delivery that is dealt with when this is committed; null when there is none, or not yet.</summary>
    public virtual Delivery? Delivery => null;

    /// <summary>The command whose answer stands nowhere but in what the batch sends; null when there is none.</summary>
    public virtual MessageWork? Answered => null;

    /// <summary>The batch is committed.</summary>
    public virtual void Committed(Aftermath after)
    {
    }

    /// <summary>
    /// Doing it alone threw, and was rolled back: records that, inside a new transaction. False when there is nothing to
    /// record and <see cref="Abandon"/> says the rest.
    /// </summary>
    public virtual ValueTask<bool> RecordFaultAsync(BatchRun run, Exception exception) => new(false);

    /// <summary>It will not be done.</summary>
    public virtual void Abandon(Exception exception)
    {
    }

    /// <summary>
    /// Whether it comes again by itself, because the transport or the database still has it. Such work is left when the
    /// service stops, and kept when the database cannot be reached; nobody waits for its result.
    /// </summary>
    public virtual bool ComesAgain => false;
}

/// <summary>A mark among a lane's work: whoever waits for it hears when what came before it is done.</summary>
internal sealed class PassedWork : Work
{
    private readonly TaskCompletionSource<bool> _passed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether all that came before it is done; false when some of it failed, or went elsewhere.</summary>
    public Task<bool> Passed => _passed.Task;

    public void Pass(bool well) => _passed.TrySetResult(well);

    public override bool ComesAgain => true;

    public override ValueTask ApplyAsync(BatchRun run) => default;
}

/// <summary>The engine's own bookkeeping: outbox rows whose messages were confirmed.</summary>
internal sealed class ConfirmedWork(IReadOnlyList<Guid> ids, OutboxUnderWay outbox) : Work
{
    public override bool ComesAgain => true;

    public override ValueTask ApplyAsync(BatchRun run)
    {
        run.Changes.DeletedOutbox.AddRange(ids);
        return default;
    }

    public override void Committed(Aftermath after) => outbox.Remove(ids);

    // Their rows are still there: when their claims end, they are sent once more, and confirmed once more.
    public override void Abandon(Exception exception) => outbox.Remove(ids);
}

/// <summary>A message of the outbox whose envelope cannot be read.</summary>
internal sealed class UnreadableOutboxWork(OutboxRow row, string why) : Work
{
    public override bool ComesAgain => true;

    public override ValueTask ApplyAsync(BatchRun run)
    {
        run.Changes.DeletedOutbox.Add(row.Id);
        run.Mail.DeadLetterUnread(row.Envelope, row.Body, why, attempts: 0, row.Id);
        return default;
    }
}

/// <summary>A message of the outbox that the transport has no place for.</summary>
internal sealed class UndeliverableWork(OutgoingMessage message, string why, OutboxUnderWay outbox) : Work
{
    private bool? _isKept;

    public override int? Affinity => message.Envelope.Id.GetHashCode();

    public override bool ComesAgain => true;

    public override ValueTask ApplyAsync(BatchRun run)
    {
        run.Changes.DeletedOutbox.Add(message.Envelope.Id);
        // What answers a command stands in the ledger as well, and anybody can ask for an answer.
        var isAnswer = message.Envelope.Kind is MessageKind.Reply or MessageKind.Refusal;
        // Whoever is not there any more has nothing to forget.
        run.Mail.Undeliverable(message, why, _isKept ??= !Farewell.Is(message.Envelope) && (!isAnswer || run.Mail.IsKept(run.Setup.LostAnswers)));
        return default;
    }

    public override void Committed(Aftermath after) => outbox.Remove([message.Envelope.Id]);

    // Its row is still there: it is sent once more.
    public override void Abandon(Exception exception) => outbox.Remove([message.Envelope.Id]);
}

/// <summary>Puts a dead letter back to work.</summary>
/// <param name="row">It.</param>
/// <param name="envelope">Its metadata.</param>
/// <param name="actor">Who wants it, for the audit; null when nobody is known.</param>
/// <param name="reason">Why, for the audit.</param>
internal sealed class ReplayWork(DeadLetterRow row, Envelope envelope, string? actor, string? reason) : Work
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Done => _done.Task;

    public override int? Affinity => envelope.Id.GetHashCode();

    public override ValueTask ApplyAsync(BatchRun run)
    {
        // Through the same door as any retry: the ledger still knows the message if it was handled before.
        run.Changes.DeletedDeadLetters.Add(row.Number);
        ActAudit.Write(run, actor ?? ActAudit.Somebody, "replay", AuditKinds.DeadLetter, FormattableString.Invariant($"{row.Number}"), reason, row.Reason);
        if (BatchMail.IsUnsent(row))
        {
            // It had nowhere to go; perhaps it has now.
            run.Mail.SendSafely(new OutgoingMessage(envelope with { Time = run.Now }, row.Body));
            return default;
        }

        run.Mail.Delay(new DelayedRow(envelope.Id, row.Envelope, row.Body, 0, 0, UnixTime.From(run.Now), "replayed by an operator") { Saga = BatchMail.AskedFor(envelope) });
        return default;
    }

    public override void Committed(Aftermath after) => _done.TrySetResult();

    public override void Abandon(Exception exception) => _done.TrySetException(exception);
}
