using System.Text.Json;
using Skald.Decisions;
using Skald.Definition;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>A wait of a definition, in one of its versions, for an event that is published.</summary>
/// <param name="Definition">The definition.</param>
/// <param name="Use">How many of its sagas may have one key.</param>
/// <param name="Contract">The event.</param>
/// <param name="Key">Reads the business key of its sagas off the event.</param>
internal sealed record KeyedWait(string Definition, KeyUse Use, MessageContract Contract, Func<object, string?> Key)
{
    /// <summary>Those of a plan.</summary>
    public static IEnumerable<KeyedWait> Of(SagaPlan plan)
    {
        foreach (var end in plan.WaitEnds)
        {
            // What has no contract is on the list of problems already.
            if (end.Key is { } key && MessageCatalog.TryOf(end.EventType, []) is { Topic: not null } contract)
            {
                yield return new KeyedWait(plan.Name, plan.KeyUse, contract, key);
            }
        }
    }
}

/// <summary>
/// Published events that sagas wait for: each saga that has the event's business key and has not ended is told, once for each event, in the transaction that handles it. Where
/// a definition has none, the event is looked at again: its saga may be about to start.
/// </summary>
internal static class KeyedEvents
{
    private const int MostSagas = 1000;

    /// <summary>The row that says that the sagas of a definition were told.</summary>
    public static LedgerKey KeyOf(Envelope envelope, string definition) => new(MessageIds.Told(envelope.Id, definition), "");

    /// <param name="run">The batch.</param>
    /// <param name="work">The message.</param>
    /// <param name="envelope">The event.</param>
    /// <param name="eachByItself">Whether each saga is told by work of its own, which is written down here: then none of them has to do with the others, or with what fails.</param>
    /// <param name="looksAgain">Whether it is put off for sagas that are not there yet; not where it comes again anyway.</param>
    public static async ValueTask TellAsync(BatchRun run, MessageWork work, Envelope envelope, bool eachByItself, bool looksAgain)
    {
        List<IGrouping<string, KeyedWait>> untold =
            [.. run.Setup.Model.Routing.WaitsFor(envelope.Type).GroupBy(w => w.Definition).Where(d => run.Ledger(KeyOf(envelope, d.Key)).Count == 0)];
        if (untold.Count == 0)
        {
            return;
        }

        object @event;
        try
        {
            @event = run.Serializer.Read(work.Body.Span, untold[0].First().Contract.Type);
        }
        catch (Exception exception) when (!looksAgain && exception is not OutOfMemoryException)
        {
            // Whoever has it again says so.
            return;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            run.Mail.DeadLetter(envelope, work.Body, $"it cannot be read: {exception.Message}", work.Attempts);
            return;
        }

        var telling = new Telling(run, work, envelope, @event, eachByItself);
        foreach (var definition in untold)
        {
            await telling.TellAsync(definition.Key, definition.First().Use, definition);
        }

        if (looksAgain)
        {
            telling.LookAgainForMissing();
        }
    }

    /// <summary>One event, told to the sagas of one definition after the other.</summary>
    private sealed class Telling(BatchRun run, MessageWork work, Envelope envelope, object @event, bool eachByItself)
    {
        private readonly List<(string Definition, string Key)> _missing = [];
        private string? _json;

        public async ValueTask TellAsync(string definition, KeyUse use, IEnumerable<KeyedWait> waits)
        {
            List<string> keys;
            try
            {
                keys = [.. waits.Select(w => w.Key(@event)).OfType<string>().Distinct()];
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                run.Mail.DeadLetter(envelope, work.Body, $"the key of its saga '{definition}' could not be read off it: {exception.GetType().Name}: {exception.Message}", work.Attempts);
                IsTold(definition);
                return;
            }

            var missing = _missing.Count;
            foreach (var key in keys)
            {
                await TellAsync(definition, use, key);
            }

            if (_missing.Count == missing)
            {
                IsTold(definition);
            }
        }

        public void LookAgainForMissing()
        {
            if (_missing.Count == 0)
            {
                return;
            }

            var named = string.Join(" or ", _missing.Select(m => $"'{m.Definition}' with the key '{m.Key}'"));
            if (LaterLooks.TryPutOff(run, work, envelope, isHandled: true, $"there is no saga {named} yet"))
            {
                return;
            }

            run.Facts.Say(logger => logger.NobodyHasTheKey(run.Service, envelope.Type, envelope.Id, named));
            run.Facts.Count(SkaldMeter.Late);
            _missing.ForEach(m => IsTold(m.Definition));
        }

        private async ValueTask TellAsync(string definition, KeyUse use, string key)
        {
            var found = await run.FindByKeyAsync(definition, key, MostSagas + 1);
            List<Guid> open = [.. found.Where(row => !row.Status.IsFinal()).Select(row => row.Id)];
            if (open.Count > MostSagas)
            {
                run.Mail.DeadLetter(envelope, work.Body, $"more than {MostSagas} sagas '{definition}' have the key '{key}': none was told", work.Attempts);
                return;
            }

            if (open.Count == 0 && (found.Count == 0 || use != KeyUse.Once))
            {
                _missing.Add((definition, key));
                return;
            }

            var request = new LoadRequest();
            request.Sagas.UnionWith(open);
            await run.LoadMoreAsync(request);
            foreach (var saga in open)
            {
                await TellAsync(new SagaId(saga));
            }
        }

        private async ValueTask TellAsync(SagaId id)
        {
            if (run.Sagas.Find(id) is { } saga)
            {
                if (eachByItself)
                {
                    run.Mail.Delay(new DelayedRow(ToldTo(id).Id, EnvelopeCodec.Encode(ToldTo(id)), work.Body, 0, 0, UnixTime.From(run.Now), "its saga is told") { Plan = saga.Plan.VersionedName });
                }
                else
                {
                    _json ??= JsonSerializer.Serialize(@event, run.Serializer.Options.GetTypeInfo(@event.GetType()));
                    await run.Sagas.DecideAsync(saga, new SagaInput.EventArrived(@event, _json));
                }

                return;
            }

            if (run.Sagas.Stranger(id) is { } stranger)
            {
                run.Sagas.PassOn(stranger, ToldTo(id), work.Body, attempts: 0);
                return;
            }

            if (await run.FindRemovedAsync(id.Value) is null)
            {
                // It was found a moment ago: its row is damaged.
                run.Mail.DeadLetter(envelope, work.Body, $"service '{run.Service}' cannot carry saga {id} on, which waits for it: raise it for the saga when it can", work.Attempts);
            }
        }

        private void IsTold(string definition)
        {
            var key = KeyOf(envelope, definition);
            run.AddLedger(new LedgerRow(key.Scope, key.Step, key.Secret, false, 0, envelope.Type, LedgerOutcome.Done, null, default, UnixTime.From(run.Now)));
        }

        private Envelope ToldTo(SagaId saga) => new()
        {
            Id = MessageIds.Told(envelope.Id, saga.ToString()),
            Type = envelope.Type,
            Kind = MessageKind.Event,
            Source = envelope.Source,
            Destination = run.Setup.Model.ReplyQueue,
            Saga = saga,
            Causation = envelope.Id,
            TraceParent = envelope.TraceParent,
            Time = envelope.Time,
        };
    }
}
