using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Skald.Decisions;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>What a batch sends, puts off, or gives up.</summary>
/// <param name="run">The batch: its sagas are started, its flows take note of what is published.</param>
/// <param name="claims">Which delayed messages are this process's.</param>
internal sealed class BatchMail(BatchRun run, DelayedClaims claims)
{
    private const int LongestReason = 1000;
    private const string Unsent = "cannot be sent: ";

    /// <summary>Sends and publishes what a handler asked for, through the outbox, and starts the sagas it asked for.</summary>
    public async ValueTask SendFromAsync(MessageContext context)
    {
        run.WritesAnything = true;
        for (var i = 0; i < context.Sent.Count; i++)
        {
            var command = context.Sent[i];
            var route = run.Setup.Model.RouteOf(command.GetType());
            var envelope = new Envelope
            {
                Id = MessageIds.Sent(context.MessageId, i),
                Type = route.Contract.Name,
                Kind = MessageKind.Command,
                Source = run.Service,
                Destination = route.Queue,
                Flow = context.Flow,
                Causation = context.MessageId,
                Time = run.Now,
            };
            SendSafely(new OutgoingMessage(run.Spans.Send(envelope, context.TraceParent), run.Serializer.Write(command)));
        }

        await PublishFromAsync(context, context.MessageId);
        for (var i = 0; i < context.Started.Count; i++)
        {
            var (type, state) = context.Started[i];
            var plan = run.Setup.Model.PlanOf(type);
            var id = MessageIds.Started(context.MessageId, i);
            if (await SagaKeys.TakeAsync(run, plan, id, state) is not null)
            {
                continue;
            }

            Activity? span = null;
            var saga = run.Sagas.Add(plan, SagaDecider.NewSaga(plan, id, state, run.Now), context.TraceParent, ref span);
            await run.Sagas.DecideAsync(saga, new SagaInput.Started());
        }
    }

    /// <summary>Publishes what code asked for.</summary>
    public async ValueTask PublishFromAsync(StepContext context, Guid cause)
    {
        for (var i = 0; i < context.Published.Count; i++)
        {
            var (@event, flow) = context.Published[i];
            await PublishAsync(@event, flow, MessageIds.Published(cause, i), cause, context.TraceParent);
        }
    }

    /// <summary>What was appended and is public is published in the same transaction.</summary>
    public async ValueTask PublishAppendedAsync()
    {
        if (run.Streams is null)
        {
            return;
        }

        foreach (var (recorded, place, flow, traceParent) in run.Streams.Publications)
        {
            await PublishAsync(
                recorded.Event, flow, MessageIds.Published(MessageIds.Stream(run.Service, place.Stream), checked((int)place.Version)), recorded.Causation, traceParent, place);
        }
    }

    /// <summary>Publishes an event, through the outbox.</summary>
    /// <param name="event">The event.</param>
    /// <param name="flow">The flow that it travels in.</param>
    /// <param name="id">Its id.</param>
    /// <param name="causation">The message that caused it.</param>
    /// <param name="traceParent">The trace context of the code that published it.</param>
    /// <param name="place">Its place in its stream.</param>
    public async ValueTask PublishAsync(IEvent @event, string? flow, Guid id, Guid? causation, string? traceParent, StreamPlace? place = null)
    {
        var contract = run.Setup.Model.Routing.Publication(@event.GetType());
        var part = run.Setup.Model.Routing.FlowOf(contract.Name);
        if (part is not null && flow is null)
        {
            throw new InvalidOperationException(ErrorCodes.FlowIdMissing(part.Plan.Name, contract.Name));
        }

        var envelope = new Envelope
        {
            Id = id,
            Type = contract.Name,
            Kind = MessageKind.Event,
            Source = run.Service,
            // An event has a topic.
            Destination = Address.Topic(run.Service, contract.Topic!),
            Published = true,
            Flow = flow,
            Place = place,
            Causation = causation,
            Time = run.Now,
        };
        SendSafely(new OutgoingMessage(run.Spans.Send(envelope, traceParent), run.Serializer.Write(@event)));
        if (part is not null && flow is not null)
        {
            await run.Flows.NoteAsync(part, flow, contract.Name, from: null);
        }
    }

    /// <summary>Sends a message that nobody else could recompute: it stays in the outbox until it is confirmed.</summary>
    public void SendSafely(OutgoingMessage message)
    {
        if (run.CarriesMessages)
        {
            run.Outgoing.Add(message);
            run.WritesAnything = true;
            return;
        }

        var claimedUntil = run.Serves ? run.Now + run.Setup.Options.Lease : DateTimeOffset.UnixEpoch;
        run.Changes.Outbox.Add(new OutboxRow(message.Envelope.Id, EnvelopeCodec.Encode(message.Envelope), message.Body, UnixTime.From(claimedUntil)));
        run.WritesAnything = true;
        run.NoteDue(claimedUntil);
        if (run.Serves)
        {
            run.Outgoing.Add(message);
        }
    }

    /// <summary>Whether a delayed message is still this process's: nobody else has claimed it since, or has dealt with it.</summary>
    public bool Holds(DelayedRow row) => run.Loaded.Delayed.TryGetValue(row.Id, out var stored) && claims.Has(stored);

    /// <summary>Whether nobody has dealt with a delayed message yet.</summary>
    public bool IsThere(DelayedRow row) => run.Loaded.Delayed.ContainsKey(row.Id);

    /// <summary>Whoever comes first in the line in which a message stands is looked for when this is committed.</summary>
    public void LookAtLineOf(Guid message)
    {
        if (run.Loaded.Delayed.GetValueOrDefault(message)?.Line is { } line)
        {
            run.Changes.Lines.Add(line);
        }
    }

    /// <summary>A message that was put off, itself or a copy of it, and is about to be written anew; null when none was. The line it stands in is looked at.</summary>
    public async ValueTask<DelayedRow?> StoredAsync(Guid message)
    {
        var request = new LoadRequest();
        request.Delayed.Add(message);
        await run.LoadMoreAsync(request);
        LookAtLineOf(message);
        return run.Loaded.Delayed.GetValueOrDefault(message);
    }

    /// <summary>Who holds a lock that somebody is about to wait for; null when nobody does. It is not freed before this is committed.</summary>
    public ValueTask<string?> OwnerAsync(string key) => run.Keys.OwnerAsync(key, keeps: true);

    public void Delay(DelayedRow row)
    {
        run.Changes.Delayed.Add(row);
        run.WritesAnything = true;
        run.NoteDue(UnixTime.To(row.Due));
    }

    /// <summary>
    /// Gives a message up. A saga that waits for the answer to it is told, for nothing else might ever tell it; one whose answer it is waits for a person.
    /// </summary>
    public async ValueTask GiveUpAsync(Envelope envelope, ReadOnlyMemory<byte> body, string reason, int attempts, bool isKept = true)
    {
        if (isKept)
        {
            DeadLetter(envelope, body, reason, attempts);
        }
        else
        {
            run.Facts.Count(SkaldMeter.DeadLettered);
        }

        // It goes to other services and into their timelines.
        var told = reason.Length <= LongestReason ? reason : reason[..LongestReason];
        if (envelope is { Kind: MessageKind.Command, ReplyTo: { } queue, Saga: not null, Step: not null })
        {
            SendSafely(GaveUp.Answer(envelope, queue, run.Service, run.Now, run.Serializer.Write(new Refusal("GaveUp", told))));
        }
        else if (envelope is { Kind: not MessageKind.Command, Published: false, Saga: { } id } && run.Sagas.Find(id) is { } saga)
        {
            await run.Sagas.DecideAsync(saga, new SagaInput.Broken($"'{envelope.Type}' for it could not be taken in: {told}"));
        }
    }

    public void DeadLetter(Envelope envelope, ReadOnlyMemory<byte> body, string reason, int attempts) =>
        DeadLetter(EnvelopeCodec.Encode(envelope), body, reason, attempts, envelope.Type, envelope.Id, AskedFor(envelope));

    /// <summary>The saga that asks for something with a message, and must not be forgotten while it may be done yet; null for none.</summary>
    public static Guid? AskedFor(Envelope? envelope) => envelope is { Kind: MessageKind.Command, Saga: { } saga } ? saga.Value : null;

    /// <summary>Gives a message up that is not what it says: nobody is told but those who look here.</summary>
    public void Refuse(Envelope envelope, ReadOnlyMemory<byte> body, string objection, int attempts, bool isKept)
    {
        run.Facts.Count(SkaldMeter.Refused);
        if (isKept)
        {
            DeadLetter(envelope, body, $"not believed: {objection}", attempts);
        }
    }

    /// <summary>Gives a message up that has nowhere to go.</summary>
    public void Undeliverable(OutgoingMessage message, string why, bool isKept)
    {
        run.Facts.Count(SkaldMeter.Undeliverable);
        run.WritesAnything = true;
        if (isKept)
        {
            DeadLetter(message.Envelope, message.Body, Unsent + why, attempts: 0);
        }
    }

    /// <summary>Whether a dead letter is a message of the service's own that had nowhere to go. Nobody else writes such a reason.</summary>
    public static bool IsUnsent(DeadLetterRow row) => row.Reason.StartsWith(Unsent, StringComparison.Ordinal);

    /// <summary>Gives a message up that came and whose envelope cannot be read.</summary>
    public void RefuseUnread(ReadOnlyMemory<byte> body, string why, bool isKept)
    {
        run.Facts.Count(SkaldMeter.Refused);
        if (isKept)
        {
            DeadLetterUnread(default, body, why, attempts: 0, default);
        }
    }

    /// <summary>Gives a message of the service's own up whose envelope cannot be read.</summary>
    public void DeadLetterUnread(ReadOnlyMemory<byte> envelope, ReadOnlyMemory<byte> body, string why, int attempts, Guid id) =>
        DeadLetter(envelope, body, $"the envelope cannot be read: {why}", attempts, "?", id);

    private void DeadLetter(ReadOnlyMemory<byte> envelope, ReadOnlyMemory<byte> body, string reason, int attempts, string type, Guid id, Guid? saga = null)
    {
        run.Changes.DeadLetters.Add(new DeadLetterRow(0, envelope, body, reason, attempts, UnixTime.From(run.Now)) { Saga = saga });
        run.WritesAnything = true;
        run.Facts.Count(SkaldMeter.DeadLettered);
        run.Facts.Say(logger => Say(logger, type, id, reason));
    }

    /// <summary>Whoever can send can send for ever: what is not even believed, or what nobody here can handle, must not fill the disk.</summary>
    public bool IsKept(Sample sample)
    {
        var isKept = sample.Take(out var others);
        if (isKept ? others > 0 : others == 1)
        {
            run.Facts.Say(logger => logger.StrangersNotKept(run.Service, others));
        }

        return isKept;
    }

    private void Say(ILogger logger, string type, Guid id, string reason)
    {
        if (!run.Setup.DeadLetters.Take(out var keptBack))
        {
            return;
        }

        if (keptBack > 0)
        {
            logger.DeadLettersNotNamed(run.Service, keptBack);
        }

        logger.MessageDeadLettered(type, id, reason);
    }
}
