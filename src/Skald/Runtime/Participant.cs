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
        if (run.Engine.Model.Handlers.Find(envelope.Type) is not { } handler)
        {
            run.DeadLetter(envelope, work.Body, $"service '{run.Service}' has no handler for '{envelope.Type}'", work.Attempts);
            return;
        }

        if (run.Engine.Outside.IsRunning(MessageWork.LedgerKey(envelope)) || run.BegunOutside.Contains(MessageWork.LedgerKey(envelope)))
        {
            // A copy, or the other direction of the same step: it must see the outcome of the call under way first. It stays
            // unacknowledged until then, as the call's own message does.
            work.KeepOpen = true;
            work.AfterCommit = () => run.Engine.Outside.After(MessageWork.LedgerKey(envelope), work);
            return;
        }

        if (AnsweredByLedger(run, envelope, handler))
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
            run.DeadLetter(envelope, work.Body, exception.Message, work.Attempts);
            return;
        }

        if (handler.CallOutside is not null)
        {
            BeginOutside(run, work, envelope, handler, command);
            return;
        }

        var context = run.NewMessageContext(envelope.Saga, envelope.Id, work.Attempts + 1, envelope.Flow);
        var answer = await handler.Handle(command, context);
        await run.SendFromAsync(context);
        Record(run, envelope, handler, answer);
    }

    /// <summary>The outcome of an outside call enters the transaction.</summary>
    public static async ValueTask HandleOutcomeAsync(BatchRun run, MessageWork work, Handler handler, object command, object? outcome)
    {
        // Only messages with an envelope reach a handler; an outside handler has Record.
        var envelope = work.Envelope!;
        if (AnsweredByLedger(run, envelope, handler))
        {
            return;
        }

        var context = run.NewMessageContext(envelope.Saga, envelope.Id, work.Attempts + 1, envelope.Flow);
        var answer = handler.Record!(command, outcome, context);
        await run.SendFromAsync(context);
        Record(run, envelope, handler, answer);
    }

    /// <summary>True when the ledger already says what to answer.</summary>
    private static bool AnsweredByLedger(BatchRun run, Envelope envelope, Handler handler)
    {
        var rows = run.Ledger(MessageWork.LedgerKey(envelope));
        if (rows.Count == 0 && !envelope.Undo)
        {
            return false;
        }

        var applied = false;
        foreach (var row in rows)
        {
            // What is undone is not undone again, whichever attempt asks: a person may have resumed a saga that never heard of it.
            var same = row.Attempt == envelope.Attempt || (row.Undo && row.Outcome == LedgerOutcome.Done);
            if (row.Undo == envelope.Undo && same && row.ReplyType is not null)
            {
                SkaldMeter.Duplicates.Add(1, new KeyValuePair<string, object?>("service", run.Service));
                Answer(run, envelope, row.ReplyType, row.Outcome == LedgerOutcome.Refused ? MessageKind.Refusal : MessageKind.Reply, row.Reply);
                return true;
            }

            // A call that was begun may have had its effect outside.
            applied |= !row.Undo && row.Outcome is LedgerOutcome.Done or LedgerOutcome.Begun;
        }

        if (envelope.Undo && !applied)
        {
            Remember(run, envelope, LedgerOutcome.Empty, handler.Contract.ReplyName!, EmptyBody);
            Answer(run, envelope, handler.Contract.ReplyName!, MessageKind.Reply, EmptyBody);
            return true;
        }

        if (!envelope.Undo && rows.Any(r => r.Undo && r.Outcome is LedgerOutcome.Done or LedgerOutcome.Empty))
        {
            Record(run, envelope, handler, new Answer(null, new Refusal("AlreadyUndone", "The undo of this step came before it; it must not take effect any more.")));
            return true;
        }

        return false;
    }

    private static void BeginOutside(BatchRun run, MessageWork work, Envelope envelope, Handler handler, object command)
    {
        var key = MessageWork.LedgerKey(envelope);
        run.BegunOutside.Add(key);
        var repeated = run.Ledger(key).Any(r => r.Undo == envelope.Undo && r.Attempt == envelope.Attempt);
        if (!repeated)
        {
            Remember(run, envelope, LedgerOutcome.Begun, null, default);
        }

        var context = new OutsideContext(envelope.Id, repeated, envelope.Saga, ActionOf(run, envelope));
        work.KeepOpen = true;
        work.AfterCommit = () => run.Engine.Outside.Begin(work, handler, command, context);
    }

    /// <summary>The id under which the action was done that this message undoes.</summary>
    private static Guid? ActionOf(BatchRun run, Envelope envelope)
    {
        if (!envelope.Undo || envelope.Saga is not { } saga || envelope.Step is not { } step)
        {
            return null;
        }

        var action = run.Ledger(MessageWork.LedgerKey(envelope)).LastOrDefault(r => !r.Undo && r.Outcome != LedgerOutcome.Refused);
        return action is null ? null : MessageIds.Command(saga, step, action.Attempt, undo: false);
    }

    private static void Record(BatchRun run, Envelope envelope, Handler handler, Answer answer)
    {
        var refused = answer.Refusal is not null;
        // A handler answers with a reply or a refusal, never with neither. A refusal carries what its own type has; a reply is read as the command says.
        var body = refused ? run.Serializer.Write(answer.Refusal!) : run.Serializer.Write(answer.Reply!, handler.Contract.ReplyType);
        var type = refused ? handler.Contract.RefusalName! : handler.Contract.ReplyName!;
        Remember(run, envelope, refused ? LedgerOutcome.Refused : LedgerOutcome.Done, type, body);
        SkaldMeter.Handled.Add(1, new KeyValuePair<string, object?>("service", run.Service));
        Answer(run, envelope, type, refused ? MessageKind.Refusal : MessageKind.Reply, body);
    }

    private static void Remember(BatchRun run, Envelope envelope, LedgerOutcome outcome, string? replyType, ReadOnlyMemory<byte> reply)
    {
        var key = MessageWork.LedgerKey(envelope);
        run.AddLedger(new LedgerRow(key.Scope, key.Step, envelope.Undo, envelope.Attempt, envelope.Type, outcome, replyType, reply, UnixTime.From(run.Now)));
    }

    private static void Answer(BatchRun run, Envelope envelope, string type, MessageKind kind, ReadOnlyMemory<byte> body)
    {
        if (envelope.ReplyTo is null)
        {
            return;
        }

        var message = new OutgoingMessage(
            new Envelope
            {
                Id = MessageIds.Reply(envelope.Id),
                Type = type,
                Kind = kind,
                Source = run.Service,
                Destination = envelope.ReplyTo,
                Flow = envelope.Flow,
                Saga = envelope.Saga,
                Step = envelope.Step,
                Attempt = envelope.Attempt,
                Undo = envelope.Undo,
                Causation = envelope.Id,
                TraceParent = envelope.TraceParent,
                Time = run.Now,
            },
            body);
        if (envelope.Saga is null || envelope.Step is null)
        {
            run.SendSafely(message);
        }
        else
        {
            // No outbox row: a saga asks again, and the ledger answers again.
            run.Outgoing.Add(message);
        }
    }
}
