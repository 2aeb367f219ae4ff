using System.Diagnostics;
using Skald.Decisions;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

// What a batch sends, puts off, or gives up.
internal sealed partial class BatchRun
{
    /// <summary>Sends what a handler asked for, through the outbox.</summary>
    public void SendFromHandler(MessageContext context)
    {
        WritesAnything = true;
        for (var i = 0; i < context.Sent.Count; i++)
        {
            var command = context.Sent[i];
            var route = engine.Model.RouteOf(command.GetType());
            SendSafely(new OutgoingMessage(
                new Envelope
                {
                    Id = MessageIds.Sent(context.MessageId, i),
                    Type = route.Contract.Name,
                    Kind = MessageKind.Command,
                    Source = Service,
                    Destination = route.Queue,
                    Causation = context.MessageId,
                    TraceParent = Activity.Current?.Id,
                    Time = now,
                },
                Serializer.Write(command)));
        }
    }

    /// <summary>Sends a message that nobody else could recompute: it stays in the outbox until it is confirmed.</summary>
    public void SendSafely(OutgoingMessage message)
    {
        if (engine.StoreCarriesMessages)
        {
            Outgoing.Add(message);
            WritesAnything = true;
            return;
        }

        var claimedUntil = engine.Serves ? now + engine.Options.Lease : DateTimeOffset.UnixEpoch;
        Changes.Outbox.Add(new OutboxRow(message, UnixTime.From(claimedUntil)));
        WritesAnything = true;
        NoteDue(claimedUntil);
        if (engine.Serves)
        {
            Outgoing.Add(message);
        }
    }

    public void Delay(DelayedRow row)
    {
        Changes.Delayed.Add(row);
        WritesAnything = true;
        NoteDue(UnixTime.To(row.Due));
    }

    public void DeadLetter(Envelope? envelope, ReadOnlyMemory<byte> body, string reason, int attempts)
    {
        Changes.DeadLetters.Add(new DeadLetterRow(0, envelope, body, reason, attempts, UnixTime.From(now)));
        WritesAnything = true;
        SkaldMeter.DeadLettered.Add(1, new KeyValuePair<string, object?>("service", Service));
        engine.Logger.MessageDeadLettered(envelope?.Type ?? "?", envelope?.Id ?? Guid.Empty, reason);
    }
}
