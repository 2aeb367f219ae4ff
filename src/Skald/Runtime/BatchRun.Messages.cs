using System.Diagnostics;
using Skald.Decisions;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

// What a batch sends, puts off, or gives up.
internal sealed partial class BatchRun
{
    private const int LongestReason = 1000;

    /// <summary>Sends and publishes what a handler asked for, through the outbox, and starts the sagas it asked for.</summary>
    public async ValueTask SendFromAsync(MessageContext context)
    {
        WritesAnything = true;
        for (var i = 0; i < context.Sent.Count; i++)
        {
            var command = context.Sent[i];
            var route = Setup.Model.RouteOf(command.GetType());
            SendSafely(new OutgoingMessage(
                new Envelope
                {
                    Id = MessageIds.Sent(context.MessageId, i),
                    Type = route.Contract.Name,
                    Kind = MessageKind.Command,
                    Source = Service,
                    Destination = route.Queue,
                    Flow = context.Flow,
                    Causation = context.MessageId,
                    TraceParent = Activity.Current?.Id,
                    Time = now,
                },
                Serializer.Write(command)));
        }

        await PublishFromAsync(context, context.MessageId);
        for (var i = 0; i < context.Started.Count; i++)
        {
            var (type, state) = context.Started[i];
            var plan = Setup.Model.PlanOf(type);
            var saga = AddSaga(plan, SagaDecider.NewSaga(plan, MessageIds.Started(context.MessageId, i), state, now));
            await DecideAsync(saga, new SagaInput.Started());
        }
    }

    private async ValueTask PublishFromAsync(StepContext context, Guid cause)
    {
        for (var i = 0; i < context.Published.Count; i++)
        {
            var (@event, flow) = context.Published[i];
            await PublishAsync(@event, flow, MessageIds.Published(cause, i), cause);
        }
    }

    /// <summary>What was appended and is public is published in the same transaction.</summary>
    public async ValueTask PublishAppendedAsync()
    {
        if (Streams is null)
        {
            return;
        }

        foreach (var (recorded, place, flow) in Streams.Publications)
        {
            await PublishAsync(
                recorded.Event, flow, MessageIds.Published(MessageIds.Stream(Service, place.Stream), checked((int)place.Version)), recorded.Causation, place);
        }
    }

    private async ValueTask PublishAsync(IEvent @event, string? flow, Guid id, Guid? causation, StreamPlace? place = null)
    {
        var contract = Setup.Model.Routing.Publication(@event.GetType());
        var part = Setup.Model.Routing.FlowOf(contract.Name);
        if (part is not null && flow is null)
        {
            throw new InvalidOperationException(ErrorCodes.FlowIdMissing(part.Plan.Name, contract.Name));
        }

        SendSafely(new OutgoingMessage(
            new Envelope
            {
                Id = id,
                Type = contract.Name,
                Kind = MessageKind.Event,
                Source = Service,
                // An event has a topic.
                Destination = Address.Topic(Service, contract.Topic!),
                Published = true,
                Flow = flow,
                Place = place,
                Causation = causation,
                TraceParent = Activity.Current?.Id,
                Time = now,
            },
            Serializer.Write(@event)));
        if (part is not null && flow is not null)
        {
            await NoteAsync(part, flow, contract.Name, from: null);
        }
    }

    /// <summary>Sends a message that nobody else could recompute: it stays in the outbox until it is confirmed.</summary>
    public void SendSafely(OutgoingMessage message)
    {
        if (CarriesMessages)
        {
            Outgoing.Add(message);
            WritesAnything = true;
            return;
        }

        var claimedUntil = Serves ? now + Setup.Options.Lease : DateTimeOffset.UnixEpoch;
        Changes.Outbox.Add(new OutboxRow(message.Envelope.Id, EnvelopeCodec.Encode(message.Envelope), message.Body, UnixTime.From(claimedUntil)));
        WritesAnything = true;
        NoteDue(claimedUntil);
        if (Serves)
        {
            Outgoing.Add(message);
        }
    }

    /// <summary>Whether a delayed message is still this process's: nobody else has claimed it since, or has dealt with it.</summary>
    public bool Holds(DelayedRow row) => unit.Loaded.Delayed.TryGetValue(row.Id, out var stored) && parts.Claims.Has(stored);

    /// <summary>Whether nobody has dealt with a delayed message yet.</summary>
    public bool IsThere(DelayedRow row) => unit.Loaded.Delayed.ContainsKey(row.Id);

    /// <summary>Whoever comes first in the line in which a message stands is looked for when this is committed.</summary>
    public void LookAtLineOf(Guid message)
    {
        if (unit.Loaded.Delayed.GetValueOrDefault(message)?.Line is { } line)
        {
            Changes.Lines.Add(line);
        }
    }

    /// <summary>A message that was put off, itself or a copy of it, and is about to be written anew; null when none was. The line it stands in is looked at.</summary>
    public async ValueTask<DelayedRow?> StoredAsync(Guid message)
    {
        var request = new LoadRequest();
        request.Delayed.Add(message);
        await unit.LoadMoreAsync(request, CancellationToken.None);
        LookAtLineOf(message);
        return unit.Loaded.Delayed.GetValueOrDefault(message);
    }

    /// <summary>Who holds a lock that somebody is about to wait for; null when nobody does. It is not freed before this is committed.</summary>
    public ValueTask<string?> OwnerAsync(string key) => Keys.OwnerAsync(key, keeps: true);

    public void Delay(DelayedRow row)
    {
        Changes.Delayed.Add(row);
        WritesAnything = true;
        NoteDue(UnixTime.To(row.Due));
    }

    /// <summary>
    /// Gives a message up. A saga that waits for the answer to it is told, for nothing else might ever tell it; one whose answer it is waits for a person.
    /// </summary>
    public async ValueTask GiveUpAsync(Envelope envelope, ReadOnlyMemory<byte> body, string reason, int attempts)
    {
        DeadLetter(envelope, body, reason, attempts);
        // It goes to other services and into their timelines.
        var told = reason.Length <= LongestReason ? reason : reason[..LongestReason];
        if (envelope is { Kind: MessageKind.Command, ReplyTo: { } queue, Saga: not null, Step: not null })
        {
            SendSafely(GaveUp.Answer(envelope, queue, Service, now, Serializer.Write(new Refusal("GaveUp", told))));
        }
        else if (envelope is { Kind: not MessageKind.Command, Published: false, Saga: { } id } && FindSaga(id) is { } saga)
        {
            await DecideAsync(saga, new SagaInput.Broken($"'{envelope.Type}' for it could not be taken in: {told}"));
        }
    }

    public void DeadLetter(Envelope envelope, ReadOnlyMemory<byte> body, string reason, int attempts) =>
        DeadLetter(EnvelopeCodec.Encode(envelope), body, reason, attempts, envelope.Type, envelope.Id);

    /// <summary>Gives a message up whose envelope cannot be read.</summary>
    public void DeadLetterUnread(ReadOnlyMemory<byte> envelope, ReadOnlyMemory<byte> body, string why, int attempts, Guid id) =>
        DeadLetter(envelope, body, $"the envelope cannot be read: {why}", attempts, "?", id);

    private void DeadLetter(ReadOnlyMemory<byte> envelope, ReadOnlyMemory<byte> body, string reason, int attempts, string type, Guid id)
    {
        Changes.DeadLetters.Add(new DeadLetterRow(0, envelope, body, reason, attempts, UnixTime.From(now)));
        WritesAnything = true;
        Facts.Count(SkaldMeter.DeadLettered);
        Facts.Say(logger => logger.MessageDeadLettered(type, id, reason));
    }
}
