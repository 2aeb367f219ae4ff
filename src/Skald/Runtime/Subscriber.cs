using System.Text.Json;
using Skald.Decisions;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>The guard around every handler of an event: the ledger makes copies harmless, and the flow remembers what came.</summary>
internal static class Subscriber
{
    public static async ValueTask HandleAsync(BatchRun run, MessageWork work, Envelope envelope)
    {
        var routing = run.Setup.Model.Routing;
        var handler = routing.FindHandler(envelope.Type);
        var flow = routing.FlowOf(envelope.Type);
        var waits = routing.WaitsFor(envelope.Type);
        if (waits.Count > 0)
        {
            await KeyedEvents.TellAsync(run, work, envelope, waits);
        }

        if (handler is null)
        {
            if (flow is not { Owned: true } && waits.Count == 0)
            {
                run.Mail.DeadLetter(envelope, work.Body, $"service '{run.Service}' has no handler for '{envelope.Type}'", work.Attempts);
                return;
            }
        }
        else if (!await HandleOnceAsync(run, work, envelope, handler))
        {
            return;
        }

        if (flow is not null && envelope.Flow is not null)
        {
            await run.Flows.NoteAsync(flow, envelope.Flow, envelope.Type, envelope.Source);
        }
    }

    /// <summary>False when the event was handled before, or cannot be.</summary>
    private static async ValueTask<bool> HandleOnceAsync(BatchRun run, MessageWork work, Envelope envelope, EventSubscriber handler)
    {
        var key = MessageWork.LedgerKey(envelope);
        if (run.Ledger(key).Count > 0)
        {
            run.Facts.Count(SkaldMeter.Duplicates);
            return false;
        }

        if (!StreamOrder.IsNext(run, work, envelope))
        {
            return false;
        }

        object @event;
        try
        {
            @event = run.Serializer.Read(work.Body.Span, handler.Contract.Type);
        }
        catch (JsonException exception)
        {
            run.Mail.DeadLetter(envelope, work.Body, $"it cannot be read: {exception.Message}", work.Attempts);
            return false;
        }

        var context = run.NewMessageContext(envelope.Saga, envelope.Id, work.Attempts + 1, envelope.Flow, work.Place);
        await run.Invoker.HandleAsync(handler, @event, context);
        await run.Mail.SendFromAsync(context);
        run.AddLedger(new LedgerRow(key.Scope, key.Step, key.Secret, false, 0, envelope.Type, LedgerOutcome.Done, null, default, UnixTime.From(run.Now)));
        StreamOrder.Remember(run, envelope);
        run.Facts.Count(SkaldMeter.Handled);
        return true;
    }
}
