using System.Diagnostics;
using System.Text.Json;
using Skald.Decisions;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>A message that arrived, or one that failed before and is due again.</summary>
internal sealed class MessageWork : Work
{
    private readonly Delivery? _delivery;
    private readonly DelayedRow? _delayed;
    private readonly string? _unreadable;
    private bool? _isKept;

    public MessageWork(Delivery delivery)
    {
        (_delivery, _unreadable) = (delivery, delivery.Unreadable);
        (Envelope, Body) = (delivery.Envelope, delivery.Body);
    }

    public MessageWork(DelayedRow delayed)
    {
        (_delayed, Body) = (delayed, delayed.Body);
        try
        {
            Envelope = EnvelopeCodec.Decode(delayed.Envelope);
        }
        catch (JsonException exception)
        {
            _unreadable = exception.Message;
        }
    }

    /// <summary>The metadata; null when it could not be read.</summary>
    public Envelope? Envelope { get; }

    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>How often it was tried before.</summary>
    public int Attempts => _delayed?.Attempts ?? 0;

    /// <summary>How often it came before its turn.</summary>
    public int Waits => _delayed?.Waits ?? 0;

    /// <summary>Its place in the line of a lock; the highest when it has not waited for one.</summary>
    public long Place => _delayed is { Line: not null, Place: var place } ? place : long.MaxValue;

    /// <summary>An outside call is under way: the message is acknowledged when its outcome is committed.</summary>
    public bool KeepOpen { get; set; }

    /// <summary>After so many answers in vain, the next one is kept in the outbox until it is taken.</summary>
    public const int MostAnswersInVain = 3;

    /// <summary>How often its answer was not taken by the transport.</summary>
    public int AnswersInVain { get; set; }

    /// <summary>Whether its answer need stand in no row: it came through the transport, and is answered again by this process or by who has it next.</summary>
    public bool MayAnswerWithoutRow => _delivery is not null && AnswersInVain < MostAnswersInVain;

    /// <summary>Whether a saga that it was told to could not take its next step: each is told by itself then.</summary>
    public bool HasFailedToTell { get; private set; }

    /// <summary>When its handler was first turned to, by the machine's steady count; 0 when it was not, and for a message that was put off since.</summary>
    public long HandledSince { get; private set; }

    /// <summary>The trace context in which it was handled, for its answer; null when nothing was done because of it.</summary>
    public string? TraceParent { get; set; }

    public override int Bytes => Body.Length;

    /// <summary>Its handler is turned to.</summary>
    public void BeginsHandling(TimeProvider time) => HandledSince = _delayed is not null || HandledSince != 0 ? HandledSince : time.GetTimestamp();

    /// <summary>The id of its answer.</summary>
    public Guid AnswerId => MessageIds.Reply(Envelope!.Id);

    /// <summary>Its answer is nowhere but in what the batch sends.</summary>
    public bool IsAcknowledgedWhenSent { get; set; }

    /// <summary>Runs after the commit; an outside call is begun here.</summary>
    public Action? AfterCommit { get; set; }

    /// <summary>A saga's messages keep their order, and so do a stream's events; a flow's are kept together.</summary>
    public override int? Affinity => Envelope switch
    {
        { Published: true, Place: { } place } => place.Stream.GetHashCode(StringComparison.Ordinal),
        { Published: true, Flow: { } flow } => flow.GetHashCode(StringComparison.Ordinal),
        { Saga: { } saga } => saga.GetHashCode(),
        { } envelope => envelope.Id.GetHashCode(),
        null => null,
    };

    public override int? AlsoConcerns(EventRouting routing) =>
        Envelope is { Published: true, Flow: { } flow } && routing.FlowOf(Envelope.Type) is { Owned: true } part ? part.RowOf(flow).GetHashCode() : null;

    public override bool ComesAgain => true;

    public override void AddKeys(LoadRequest request, EventRouting routing)
    {
        if (_delayed is not null)
        {
            request.Delayed.Add(_delayed.Id);
        }

        switch (Envelope)
        {
            case { Published: true }: AddEventKeys(request, routing, Envelope); break;
            case { Kind: MessageKind.Command } when Farewell.Is(Envelope): Forgetting.AddKeys(request, this); break;
            case { Kind: MessageKind.Command }: AddLedgerKey(request, Envelope); break;
            case { Saga: { } saga }: request.Sagas.Add(saga.Value); break;
        }
    }

    private static void AddEventKeys(LoadRequest request, EventRouting routing, Envelope envelope)
    {
        if (routing.FindHandler(envelope.Type) is not null)
        {
            request.Ledger.Add(LedgerKey(envelope));
            if (StreamOrder.KeyOf(envelope) is { } stream)
            {
                request.Positions.Add(stream);
            }
        }

        request.Ledger.UnionWith(routing.WaitsFor(envelope.Type).Select(w => KeyedEvents.KeyOf(envelope, w.Definition)));

        if (envelope.Flow is { } flow && routing.FlowOf(envelope.Type) is { Owned: true } part)
        {
            request.Flows.Add(part.RowOf(flow));
        }
    }

    private void AddLedgerKey(LoadRequest request, Envelope envelope)
    {
        var key = LedgerKey(envelope);
        var isFirst = request.Ledger.Add(key);
        if (isFirst && envelope is { Undo: false, Attempt: <= 1 } && _delayed is null && !LooksEverythingUp)
        {
            request.ProbablyNew.Add(key);
        }
        else
        {
            request.ProbablyNew.Remove(key);
        }
    }

    public static LedgerKey LedgerKey(Envelope envelope) =>
        envelope is { Published: false, Saga: { } saga, Step: { } step } ? new LedgerKey(saga.Value, step, envelope.Secret) : new LedgerKey(envelope.Id, "");

    public override async ValueTask ApplyAsync(BatchRun run)
    {
        (KeepOpen, IsAcknowledgedWhenSent, AfterCommit, TraceParent) = (false, false, null, null);
        if (_delayed is not null && !run.Mail.Holds(_delayed))
        {
            // Somebody else has it, or has dealt with it. Whoever was to wake it may have passed it over, because it was in this transaction.
            run.Mail.LookAtLineOf(_delayed.Id);
            return;
        }

        if (IsRefused(run))
        {
            return;
        }

        switch (Envelope)
        {
            case null when _delayed is { } row: run.Mail.DeadLetterUnread(row.Envelope, Body, _unreadable ?? "it is missing", Attempts, row.Id); break;
            case null: run.Mail.RefuseUnread(Body, _unreadable ?? "it is missing", IsKept(run)); break;
            case { Kind: MessageKind.Command } when Farewell.Is(Envelope): await Forgetting.HandleAsync(run, this, Envelope); break;
            case { Kind: MessageKind.Command }: await Participant.HandleAsync(run, this, Envelope); break;
            case { Published: true }: await Subscriber.HandleAsync(run, this, Envelope); break;
            case { Saga: { } saga }: await TellSagaAsync(run, Envelope, saga); break;
        }

        TakeOffDelayed(run);
    }

    /// <summary>Takes the message off the list of those to be tried again, once its handling is committed.</summary>
    public void TakeOffDelayed(BatchRun run)
    {
        if (_delayed is null || KeepOpen)
        {
            return;
        }

        run.Changes.DeletedDelayed.Add(_delayed.Id);
        if (_delayed.Line is { } line)
        {
            // Whether it has taken the lock or not: it is somebody else's turn now.
            run.Changes.Lines.Add(line);
        }
    }

    public override void Committed(Aftermath after)
    {
        AfterCommit?.Invoke();
        if (AnswersInVain > 0 && !IsAcknowledgedWhenSent)
        {
            // It is kept in a row from now on, or it was put off.
            AnswersInVain = 0;
            after.Sender.AnswerIsKept();
        }
    }

    public override Delivery? Delivery => KeepOpen ? null : _delivery;

    public override MessageWork? Answered => IsAcknowledgedWhenSent && !KeepOpen ? this : null;

    /// <summary>Gives it up if it is not believed, before anything is done because of it.</summary>
    private bool IsRefused(BatchRun run)
    {
        // What was passed on was believed before it was written.
        if (Envelope is null || _delayed is { Plan: not null } || run.Credentials.Objection(Envelope, Body.Span) is not { } objection)
        {
            return false;
        }

        run.Mail.Refuse(Envelope, Body, objection, Attempts, IsKept(run));
        TakeOffDelayed(run);
        return true;
    }

    /// <summary>Whether a command that cannot be handled is kept as a dead letter. Nothing is lost with one whose saga waits for the answer, and is told.</summary>
    public bool IsKeptUnhandled(BatchRun run) =>
        _isKept ??= _delayed is not null || Envelope is not { ReplyTo: not null, Saga: not null, Step: not null } || run.Mail.IsKept(run.Setup.Unhandled);

    // Said once, however often its batch is tried. What was put off is the only copy.
    private bool IsKept(BatchRun run) => _isKept ??= _delayed is not null || run.Mail.IsKept(run.Setup.Strangers);

    public override async ValueTask<bool> RecordFaultAsync(BatchRun run, Exception exception)
    {
        if (IsRefused(run))
        {
            return true;
        }

        if (exception is LocalStepException)
        {
            HasFailedToTell = Envelope is { Published: true };
            await ApplyAsync(run);
            return true;
        }

        if (exception is UnreachableException && Envelope is { Kind: not MessageKind.Command, Saga: { } id } && run.Sagas.Find(id) is { } saga)
        {
            // An invariant is broken for this saga: it stops, the others go on.
            await run.Sagas.DecideAsync(saga, new SagaInput.Broken(exception.Message));
            TakeOffDelayed(run);
            return true;
        }

        if (Envelope is { Published: true } && (_delayed is null || run.Mail.Holds(_delayed)))
        {
            // A handler that fails, or waits, has nothing to do with the sagas that wait for the same event.
            await KeyedEvents.TellAsync(run, this, Envelope, eachByItself: true, looksAgain: false);
        }

        await (exception is LockHeldException held ? WaitInLineAsync(run, held.Key) : RetryLaterAsync(run, exception));
        return true;
    }

    /// <summary>It waits for a lock: whoever frees it makes it due. The place that it was given once it keeps, whatever it waits for.</summary>
    private async ValueTask WaitInLineAsync(BatchRun run, string key)
    {
        if (!IsToBePutOff(run) || await TakesAnothersPlaceAsync(run, Envelope!))
        {
            return;
        }

        var stored = await run.Mail.StoredAsync(Envelope!.Id);
        var owner = await run.Mail.OwnerAsync(key);
        TakeOffDelayed(run);
        if (owner is null)
        {
            // It is free again, or promised: whoever comes first is to come.
            run.Changes.Lines.Add(key);
        }

        var why = owner is null ? $"waits for '{key}'" : $"waits for '{key}', held by '{owner}'";
        var row = PutOff(run, Math.Max(Attempts, stored?.Attempts ?? 0), PlacesInLine.SleepsFor(run.Setup.Options.Lease), why);
        run.Mail.Delay(row with { Line = key, Place = stored is { Line: not null } ? stored.Place : run.Places.Next(run.Now) });
    }

    /// <summary>Counts the attempt durably; after the last one the message is dead-lettered.</summary>
    public async ValueTask RetryLaterAsync(BatchRun run, Exception exception)
    {
        if (!IsToBePutOff(run) || await TakesAnothersPlaceAsync(run, Envelope!))
        {
            return;
        }

        // A message without envelope cannot throw: it is dead-lettered unread.
        var envelope = Envelope!;
        // A copy that failed before counts, whoever sent it.
        var attempts = Math.Max(Attempts, (await run.Mail.StoredAsync(envelope.Id))?.Attempts ?? 0) + 1;
        var error = $"{exception.GetType().Name}: {exception.Message}";
        run.Changes.DeletedDelayed.Add(envelope.Id);
        TakeOffDelayed(run);
        if (attempts >= run.Setup.Options.MaxAttempts)
        {
            await run.Mail.GiveUpAsync(envelope, Body, $"failed {attempts} times, last with {error}", attempts);
            return;
        }

        var delay = run.Setup.Options.RetryDelay(attempts);
        run.Facts.Say(logger => logger.MessageFailed(envelope.Type, envelope.Id, attempts, delay, exception));
        run.Facts.Count(SkaldMeter.Retried);
        run.Mail.Delay(PutOff(run, attempts, delay, error));
    }

    /// <summary>Gives it up if something else was put off under its id, which it would take the place of.</summary>
    public async ValueTask<bool> TakesAnothersPlaceAsync(BatchRun run, Envelope envelope)
    {
        if (_delayed is not null || await run.Mail.StoredAsync(envelope.Id) is not { } stored || IsCopy(stored.Envelope, envelope))
        {
            return false;
        }

        run.Mail.Refuse(envelope, Body, "something else was put off under its id", Attempts, IsKept(run));
        return true;
    }

    private static bool IsCopy(ReadOnlyMemory<byte> stored, Envelope envelope)
    {
        try
        {
            return EnvelopeCodec.Decode(stored) is var other && LedgerKey(other) == LedgerKey(envelope) && other.Type == envelope.Type && other.Kind == envelope.Kind;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>What the last try has begun is forgotten. False when somebody else has dealt with the message meanwhile.</summary>
    private bool IsToBePutOff(BatchRun run)
    {
        (KeepOpen, IsAcknowledgedWhenSent, AfterCommit) = (false, false, null);
        return _delayed is null || run.Mail.IsThere(_delayed);
    }

    private DelayedRow PutOff(BatchRun run, int attempts, TimeSpan by, string why) =>
        new(Envelope!.Id, EnvelopeCodec.Encode(Envelope), Body, attempts, 0, UnixTime.From(run.Now + by), why) { Plan = _delayed?.Plan, Saga = BatchMail.AskedFor(Envelope) };

    private async ValueTask TellSagaAsync(BatchRun run, Envelope envelope, SagaId id)
    {
        if (run.Sagas.Find(id) is not { } saga)
        {
            if (run.Sagas.Stranger(id) is { } stranger)
            {
                if (!await TakesAnothersPlaceAsync(run, envelope))
                {
                    run.Sagas.PassOn(stranger, envelope, Body, Math.Max(Attempts, (await run.Mail.StoredAsync(envelope.Id))?.Attempts ?? 0));
                }

                return;
            }

            if (await run.FindRemovedAsync(id.Value) is not null)
            {
                run.Facts.Count(SkaldMeter.Late);
                return;
            }

            run.Mail.DeadLetter(envelope, Body, $"service '{run.Service}' has no saga {id} that it could carry on", Attempts);
            return;
        }

        run.Spans.Receive(envelope, saga);
        run.Facts.CountConsumed(run.Setup.Model.ReplyQueue);
        SagaInput input;
        try
        {
            input = SagaMail.Read(run, saga, envelope, Body);
        }
        catch (JsonException exception)
        {
            run.Mail.DeadLetter(envelope, Body, $"it cannot be read: {exception.Message}", Attempts);
            return;
        }

        // What was put off here says nothing about the participant.
        if (input is SagaInput.Replied { Undo: false } && envelope.HandledIn is { } handledIn && _delayed is null)
        {
            run.Saw(QueueTime.Of(saga.Plan, saga.Instance, envelope.Step!, envelope.Attempt, handledIn, run.Now));
        }

        await run.Sagas.DecideAsync(saga, input);
    }
}
