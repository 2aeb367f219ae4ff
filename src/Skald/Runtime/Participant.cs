using System.Diagnostics;
using System.Text.Json;
using Skald.Decisions;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>
/// The guard around every handler. The ledger knows, per saga and step, whether the action or its undo came first, so
/// that duplicates, an undo without action and an action after its undo change nothing.
/// </summary>
internal static class Participant
{
    private static readonly byte[] EmptyBody = "{}"u8.ToArray();

    public static async ValueTask HandleAsync(BatchRun run, MessageWork work, Envelope envelope)
    {
        if (run.Setup.Model.Handlers.Find(envelope.Type) is not { } handler)
        {
            await run.Mail.GiveUpAsync(envelope, work.Body, $"service '{run.Service}' has no handler for '{envelope.Type}'", work.Attempts, work.IsKeptUnhandled(run));
            return;
        }

        if (run.Outside.IsRunning(MessageWork.LedgerKey(envelope)) || run.BegunOutside.Contains(MessageWork.LedgerKey(envelope)))
        {
            // A copy, or the other direction of the same step: it must see the outcome of the call under way first. It stays
            // unacknowledged until then, as the call's own message does.
            work.KeepOpen = true;
            work.AfterCommit = () => run.Outside.After(MessageWork.LedgerKey(envelope), work);
            return;
        }

        if (AnsweredByLedger(run, work, envelope, handler) is not { } verdict)
        {
            return;
        }

        object command;
        try
        {
            command = run.Serializer.Read(work.Body.Span, handler.Contract.Type);
        }
        catch (JsonException exception)
        {
            await run.Mail.GiveUpAsync(envelope, work.Body, $"it cannot be read: {exception.Message}", work.Attempts, work.IsKeptUnhandled(run));
            return;
        }

        if (handler.CallOutside is not null)
        {
            BeginOutside(run, work, envelope, handler, command, isRepeated: verdict == VerdictKind.ApplyAgain);
            return;
        }

        work.BeginsHandling(run.Setup.Time);
        var context = run.NewMessageContext(envelope, work);
        var answer = await run.Invoker.HandleAsync(handler, command, context);
        await run.Mail.SendFromAsync(context);
        work.TraceParent = context.TraceParent;
        Record(run, work, envelope, handler, answer);
    }

    /// <summary>The outcome of an outside call enters the transaction.</summary>
    public static async ValueTask HandleOutcomeAsync(BatchRun run, MessageWork work, Handler handler, object command, object? outcome)
    {
        // Only messages with an envelope reach a handler; an outside handler has Record.
        var envelope = work.Envelope!;
        if (AnsweredByLedger(run, work, envelope, handler) is null)
        {
            return;
        }

        var context = run.NewMessageContext(envelope, work);
        var answer = await run.Invoker.RecordAsync(handler, command, outcome, context);
        await run.Mail.SendFromAsync(context);
        work.TraceParent = context.TraceParent;
        Record(run, work, envelope, handler, answer);
    }

    /// <summary>Asks the barrier. Null when the command is answered without applying anything.</summary>
    private static VerdictKind? AnsweredByLedger(BatchRun run, MessageWork work, Envelope envelope, Handler handler)
    {
        var rows = run.Ledger(MessageWork.LedgerKey(envelope));
        Span<LedgerMark> marks = rows.Count <= 16 ? stackalloc LedgerMark[rows.Count] : new LedgerMark[rows.Count];
        for (var i = 0; i < rows.Count; i++)
        {
            marks[i] = rows[i].Mark;
        }

        var verdict = run.Setup.Options.Barrier(marks, envelope.Undo, envelope.Attempt, envelope.WasDone);
        switch (verdict.Kind)
        {
            case VerdictKind.AnswerAgain:
                run.Facts.Count(SkaldMeter.Duplicates);
                AnswerAgain(run, work, envelope, rows[verdict.Entry]);
                return null;
            case VerdictKind.NothingToUndo:
                Finish(run, work, envelope, verdict.Remember, handler.Contract.ReplyName!, MessageKind.Reply, EmptyBody);
                return null;
            case VerdictKind.RefuseUndone:
                Refuse(run, work, envelope, handler, verdict, new Refusal("AlreadyUndone", "The undo of this step came before it; it must not take effect any more."));
                return null;
            case VerdictKind.RefuseMissing:
                run.Facts.Say(logger => logger.ActionIsMissing(run.Service, envelope.Step, envelope.Saga));
                Refuse(run, work, envelope, handler, verdict, new Refusal(
                    "NotRemembered", $"Service '{run.Service}' has answered that this step was done, and remembers nothing of it: its data was lost, or restored from before. Whether there is something to undo, a person has to find out."));
                return null;
            default:
                return verdict.Kind;
        }
    }

    private static void Refuse(BatchRun run, MessageWork work, Envelope envelope, Handler handler, Verdict verdict, Refusal refusal) =>
        Finish(run, work, envelope, verdict.Remember, handler.Contract.RefusalName!, MessageKind.Refusal, run.Serializer.Write(refusal));

    private static void AnswerAgain(BatchRun run, MessageWork work, Envelope envelope, LedgerRow row) => Answer(
        run, work, envelope, row.ReplyType ?? throw new UnreachableException($"The ledger remembers '{row.Step}' of {row.Scope} as {row.Outcome}, but not the answer."),
        row.Outcome is LedgerOutcome.Refused or LedgerOutcome.Missing ? MessageKind.Refusal : MessageKind.Reply, row.Reply);

    private static void Finish(BatchRun run, MessageWork work, Envelope envelope, LedgerOutcome? remember, string type, MessageKind kind, ReadOnlyMemory<byte> body)
    {
        if (remember is { } outcome)
        {
            Remember(run, envelope, outcome, type, body);
        }

        Answer(run, work, envelope, type, kind, body);
    }

    private static void BeginOutside(BatchRun run, MessageWork work, Envelope envelope, Handler handler, object command, bool isRepeated)
    {
        run.BegunOutside.Add(MessageWork.LedgerKey(envelope));
        if (!isRepeated)
        {
            Remember(run, envelope, LedgerOutcome.Begun, null, default);
        }

        var context = new OutsideContext(envelope.Id, isRepeated, envelope.Saga, ActionOf(run, envelope));
        // From its commit on the ledger knows it: nothing is taken for new.
        work.KeepOpen = work.LooksEverythingUp = true;
        work.AfterCommit = () => run.Outside.Begin(work, handler, command, context);
    }

    /// <summary>The id under which the action was done that this message undoes.</summary>
    private static Guid? ActionOf(BatchRun run, Envelope envelope)
    {
        if (!envelope.Undo || envelope.Saga is not { } saga || envelope.Step is not { } step)
        {
            return null;
        }

        var action = run.Ledger(MessageWork.LedgerKey(envelope)).LastOrDefault(r => !r.Undo && r.Outcome != LedgerOutcome.Refused);
        return action is null ? null : MessageIds.Command(saga, step, envelope.Secret, action.Attempt, undo: false);
    }

    private static void Record(BatchRun run, MessageWork work, Envelope envelope, Handler handler, Answer answer)
    {
        var refused = answer.Refusal is not null;
        // A handler answers with a reply or a refusal, never with neither. A refusal carries what its own type has; a reply is read as the command says.
        var body = refused ? run.Serializer.Write(answer.Refusal!) : run.Serializer.Write(answer.Reply!, handler.Contract.ReplyType);
        var type = refused ? handler.Contract.RefusalName! : handler.Contract.ReplyName!;
        run.Facts.Count(SkaldMeter.Handled);
        run.Facts.CountConsumed(run.Setup.Model.CommandQueue);
        Finish(run, work, envelope, refused ? LedgerOutcome.Refused : LedgerOutcome.Done, type, refused ? MessageKind.Refusal : MessageKind.Reply, body);
    }

    private static void Remember(BatchRun run, Envelope envelope, LedgerOutcome outcome, string? replyType, ReadOnlyMemory<byte> reply)
    {
        var key = MessageWork.LedgerKey(envelope);
        run.AddLedger(new LedgerRow(key.Scope, key.Step, key.Secret, envelope.Undo, envelope.Attempt, envelope.Type, outcome, replyType, reply, UnixTime.From(run.Now)));
    }

    private static void Answer(BatchRun run, MessageWork work, Envelope envelope, string type, MessageKind kind, ReadOnlyMemory<byte> body)
    {
        if (envelope.ReplyTo is not { } queue)
        {
            return;
        }

        TimeSpan? handledIn = work.HandledSince != 0 ? run.Setup.Time.GetElapsedTime(work.HandledSince) : null;
        var message = new OutgoingMessage(AnswerEnvelope.To(envelope, queue, MessageIds.Reply(envelope.Id), type, kind, run.Service, run.Now, handledIn, work.TraceParent), body);
        if (envelope.Saga is not null && envelope.Step is not null && work.MayAnswerWithoutRow)
        {
            // No outbox row: the command is acknowledged when its answer is confirmed. Until then it comes again, and the ledger answers again.
            work.IsAcknowledgedWhenSent = true;
            run.Outgoing.Add(message);
        }
        else
        {
            run.Mail.SendSafely(message);
        }
    }
}
