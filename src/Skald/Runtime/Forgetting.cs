using System.Text.Json;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>
/// A participant is told that sagas are gone (<see cref="Farewell"/>), and forgets what its ledger has of their steps: not before
/// <see cref="SkaldOptions.CopiesComeWithin"/> has passed by its own clock, and not while it has a message of theirs that may be tried again.
/// </summary>
internal static class Forgetting
{
    private static bool IsDue(MessageWork work) => work.Waits > 0;

    public static void AddKeys(LoadRequest request, MessageWork work)
    {
        if (IsDue(work) && TryRead(work.Body.Span, out _) is { } keys)
        {
            request.Unhandled.UnionWith(keys.Select(key => key.Scope));
        }
    }

    public static async ValueTask HandleAsync(BatchRun run, MessageWork work, Envelope envelope)
    {
        if (TryRead(work.Body.Span, out var problem) is not { } keys)
        {
            run.Mail.Refuse(envelope, work.Body, $"it cannot be read: {problem}", work.Attempts, run.Mail.IsKept(run.Setup.Strangers));
            return;
        }

        if (IsDue(work))
        {
            var kept = keys.Where(key => run.Loaded.Unhandled.Contains(key.Scope)).ToHashSet();
            run.Changes.Forgotten.UnionWith(keys.Where(key => !kept.Contains(key)));
            run.WritesAnything = true;
            if (kept.Count > 0)
            {
                // As it came, so that it is believed again: what is forgotten already is not there.
                PutOff(run, work, envelope, $"the sagas in it are gone; {kept.Count} of their steps have a message here that is put off or dead-lettered");
            }
        }
        else if (!await work.TakesAnothersPlaceAsync(run, envelope))
        {
            PutOff(run, work, envelope, "the sagas in it are gone; what is known of them is kept for as long as copies of their messages may come");
        }
    }

    private static void PutOff(BatchRun run, MessageWork work, Envelope envelope, string why) => run.Mail.Delay(new DelayedRow(
        envelope.Id, EnvelopeCodec.Encode(envelope), work.Body, Attempts: 0, work.Waits + 1, UnixTime.From(run.Now + run.Setup.Options.CopiesComeWithin), why));

    private static IReadOnlyList<LedgerKey>? TryRead(ReadOnlySpan<byte> body, out string? problem)
    {
        try
        {
            problem = null;
            return Farewell.Read(body);
        }
        catch (JsonException exception)
        {
            problem = exception.Message;
            return null;
        }
    }
}
