using System.Text.Json;
using Skald.Decisions;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>The guard around every handler of an event: the ledger makes copies harmless, and the flow remembers what came.</summary>
internal static class Subscriber
{
    private enum Handling
    {
        Done,
        DoneBefore,
        OutOfOrder,
        Unreadable,
    }

    public static async ValueTask HandleAsync(BatchRun run, MessageWork work, Envelope envelope)
    {
        var routing = run.Setup.Model.Routing;
        var handler = routing.FindHandler(envelope.Type);
        var flow = routing.FlowOf(envelope.Type);
        if (handler is null && flow is not { Owned: true } && routing.WaitsFor(envelope.Type).Count == 0)
        {
            // Another process of the service may have one, while a new version is being deployed.
            var why = $"service '{run.Service}' has no handler for '{envelope.Type}'";
            if (!LaterLooks.TryPutOff(run, work, envelope, isHandled: false, why))
            {
                run.Mail.DeadLetter(envelope, work.Body, why, work.Attempts);
            }

            return;
        }

        var handling = handler is null ? LaterLooks.IsHandled(work) ? Handling.DoneBefore : Handling.Done : await HandleOnceAsync(run, work, envelope, handler);
        if (handling == Handling.Unreadable)
        {
            return;
        }

        // The order of a stream is a handler's concern. What waits for its turn comes again.
        await KeyedEvents.TellAsync(run, work, envelope, eachByItself: work.HasFailedToTell, looksAgain: handling != Handling.OutOfOrder);
        if (handling == Handling.Done && flow is not null && envelope.Flow is not null)
        {
            await run.Flows.NoteAsync(flow, envelope.Flow, envelope.Type, envelope.Source);
        }
    }

    private static async ValueTask<Handling> HandleOnceAsync(BatchRun run, MessageWork work, Envelope envelope, EventSubscriber handler)
    {
        var key = MessageWork.LedgerKey(envelope);
        if (run.Ledger(key).Count > 0)
        {
            if (!LaterLooks.IsHandled(work))
            {
                run.Facts.Count(SkaldMeter.Duplicates);
            }

            return Handling.DoneBefore;
        }

        if (!StreamOrder.IsNext(run, work, envelope))
        {
            return Handling.OutOfOrder;
        }

        object @event;
        try
        {
            @event = run.Serializer.Read(work.Body.Span, handler.Contract.Type);
        }
        catch (JsonException exception)
        {
            run.Mail.DeadLetter(envelope, work.Body, $"it cannot be read: {exception.Message}", work.Attempts);
            return Handling.Unreadable;
        }

        var context = run.NewMessageContext(envelope, work);
        await run.Invoker.HandleAsync(handler, @event, context);
        await run.Mail.SendFromAsync(context);
        run.AddLedger(new LedgerRow(key.Scope, key.Step, key.Secret, false, 0, envelope.Type, LedgerOutcome.Done, null, default, UnixTime.From(run.Now)));
        StreamOrder.Remember(run, envelope);
        run.Facts.Count(SkaldMeter.Handled);
        // A handler's event has a topic; that of the envelope is whatever its sender wrote.
        run.Facts.CountConsumed(Address.Topic(run.Service, handler.Contract.Topic!));
        return Handling.Done;
    }
}
