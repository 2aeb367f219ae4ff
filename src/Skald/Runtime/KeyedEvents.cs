using System.Text.Json;
using Skald.Decisions;
using Skald.Definition;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>A wait of a definition, in one of its versions, for an event that is published.</summary>
/// <param name="Definition">The definition.</param>
/// <param name="Contract">The event.</param>
/// <param name="Key">Reads the business key of its sagas off the event.</param>
internal sealed record KeyedWait(string Definition, MessageContract Contract, Func<object, string?> Key)
{
    /// <summary>Those of a plan.</summary>
    public static IEnumerable<KeyedWait> Of(SagaPlan plan)
    {
        foreach (var end in plan.WaitEnds)
        {
            // What has no contract is on the list of problems already.
            if (end.Key is { } key && MessageCatalog.TryOf(end.EventType, []) is { Topic: not null } contract)
            {
                yield return new KeyedWait(plan.Name, contract, key);
            }
        }
    }
}

/// <summary>
/// Published events that sagas wait for: each saga that has the event's business key is told, through a row of its own, by the lane that has the saga. What comes before
/// its saga is there is put off for a while.
/// </summary>
internal static class KeyedEvents
{
    private const int MostLooks = 5;

    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(1);

    /// <summary>The row that says that an event's sagas are told.</summary>
    public static LedgerKey KeyOf(Envelope envelope) => new(MessageIds.Told(envelope.Id, Guid.Empty), "");

    public static async ValueTask TellAsync(BatchRun run, MessageWork work, Envelope envelope, IReadOnlyList<KeyedWait> waits)
    {
        var key = KeyOf(envelope);
        if (run.Ledger(key).Count > 0)
        {
            run.Facts.Count(SkaldMeter.Duplicates);
            return;
        }

        object @event;
        try
        {
            @event = run.Serializer.Read(work.Body.Span, waits[0].Contract.Type);
        }
        catch (JsonException exception)
        {
            run.Mail.DeadLetter(envelope, work.Body, $"it cannot be read: {exception.Message}", work.Attempts);
            return;
        }

        List<(string Definition, string Key)> keys = [.. waits
            .Select(w => (w.Definition, Key: w.Key(@event)))
            .Where(k => k.Key is not null)
            .Select(k => (k.Definition, k.Key!)).Distinct()]; // The line above leaves those that have one.
        var sagas = new List<SagaRow>();
        foreach (var (definition, business) in keys)
        {
            sagas.AddRange(await run.FindByKeyAsync(definition, business));
        }

        if (sagas.Count == 0 && keys.Count > 0 && WaitsForSaga(run, work, envelope, keys))
        {
            return;
        }

        foreach (var saga in sagas.Where(s => !s.Status.IsFinal()))
        {
            Tell(run, saga, envelope, work.Body);
        }

        run.AddLedger(new LedgerRow(key.Scope, key.Step, key.Secret, false, 0, envelope.Type, LedgerOutcome.Done, null, default, UnixTime.From(run.Now)));
    }

    /// <summary>Whether it is looked at again, for its saga may be about to start.</summary>
    private static bool WaitsForSaga(BatchRun run, MessageWork work, Envelope envelope, List<(string Definition, string Key)> keys)
    {
        var named = string.Join(" or ", keys.Select(k => $"'{k.Definition}' with the key '{k.Key}'"));
        if (work.Waits >= MostLooks)
        {
            run.Facts.Say(logger => logger.NobodyHasTheKey(run.Service, envelope.Type, envelope.Id, named));
            run.Facts.Count(SkaldMeter.Late);
            return false;
        }

        var row = new DelayedRow(
            envelope.Id, EnvelopeCodec.Encode(envelope), work.Body, work.Attempts, work.Waits + 1, UnixTime.From(run.Now + (FirstLook * (1 << work.Waits))), $"there is no saga {named} yet");
        run.Mail.Delay(row);
        return true;
    }

    /// <summary>Whichever process knows the saga's version tells it. What it is told is believed: it was believed when it came.</summary>
    private static void Tell(BatchRun run, SagaRow saga, Envelope envelope, ReadOnlyMemory<byte> body)
    {
        var told = new Envelope
        {
            Id = MessageIds.Told(envelope.Id, saga.Id),
            Type = envelope.Type,
            Kind = MessageKind.Event,
            Source = envelope.Source,
            Destination = run.Setup.Model.ReplyQueue,
            Saga = new SagaId(saga.Id),
            Causation = envelope.Id,
            TraceParent = envelope.TraceParent,
            Time = envelope.Time,
        };
        run.Mail.Delay(new DelayedRow(told.Id, EnvelopeCodec.Encode(told), body, 0, 0, UnixTime.From(run.Now), "its saga is told") { Plan = SagaPlan.NameOf(saga.Definition, saga.PlanVersion) });
        run.PassesOn |= run.Setup.Model.FindPlan(saga.Definition, saga.PlanVersion) is null;
        run.WritesAnything = true;
    }
}
