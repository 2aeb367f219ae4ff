using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>
/// Published events of one stream are handled in their order, each once. The store knows how far a stream has come; an event that
/// comes before its turn is put back durably, and told apart from one that came already.
/// </summary>
internal static class StreamOrder
{
    private const int MostWaits = 180;
    private const long FirstWait = 20;
    private const long LongestWait = 2000;

    /// <summary>The event's stream, as it comes through this topic; null for an event of no stream.</summary>
    public static PositionKey? KeyOf(Envelope envelope) =>
        envelope.Place is { } place ? new PositionKey(envelope.Destination, envelope.Source, place.Stream) : null;

    /// <summary>Whether it is the event's turn. If not, it was handled before, or it waits.</summary>
    public static bool IsNext(BatchRun run, MessageWork work, Envelope envelope)
    {
        if (KeyOf(envelope) is not { } key || envelope.Place is not { } place)
        {
            return true;
        }

        var last = run.PositionOf(key);
        if (last >= place.Version)
        {
            run.Facts.Count(SkaldMeter.Duplicates);
            return false;
        }

        if (last >= place.After)
        {
            return true;
        }

        var waits = (LaterLooks.IsAgain(work) ? 0 : work.Waits) + 1;
        var why = $"version {place.Version} of '{place.Stream}' waits for version {place.After}; the last that came is {last}";
        if (waits > MostWaits)
        {
            run.Mail.DeadLetter(envelope, work.Body, why, waits);
            return false;
        }

        // Its row is taken off when it comes again, and written anew with it: the later one stays. A wait is no failed attempt.
        run.Mail.Delay(new DelayedRow(envelope.Id, EnvelopeCodec.Encode(envelope), work.Body, work.Attempts, waits, Due(UnixTime.From(run.Now), waits, place.Version - last), why));
        return false;
    }

    /// <summary>
    /// All that wait in a stream come again at the same strokes of the clock, the nearer ones first: when the gap is closed, a long
    /// queue is worked off at one stroke, and not an event at each.
    /// </summary>
    private static long Due(long now, int waits, long distance)
    {
        var wait = Math.Min(FirstWait << Math.Min(waits - 1, 10), LongestWait);
        return (((now / wait) + 1) * wait) + Math.Min(distance, LongestWait);
    }

    /// <summary>The event was handled, in this transaction.</summary>
    public static void Remember(BatchRun run, Envelope envelope)
    {
        if (KeyOf(envelope) is { } key && envelope.Place is { } place)
        {
            run.MoveTo(key, place.Version);
        }
    }
}
