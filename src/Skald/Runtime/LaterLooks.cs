using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>
/// A published event for which nobody is there yet, as the process sees it that has it: it is looked at again after 1, 2, 4, 8 and 16 seconds, by whichever process of the
/// service takes it then.
/// </summary>
internal static class LaterLooks
{
    private const int Most = 5;

    // Waits for its turn in a stream come first, and are counted below this.
    private const int First = 1000;

    private static readonly TimeSpan FirstAfter = TimeSpan.FromSeconds(1);

    /// <summary>Whether it was looked at before.</summary>
    public static bool IsAgain(MessageWork work) => work.Waits > First;

    /// <summary>Has it looked at again.</summary>
    /// <returns>False when that was done often enough.</returns>
    public static bool TryPutOff(BatchRun run, MessageWork work, Envelope envelope, string why)
    {
        var looks = Math.Max(0, work.Waits - First);
        if (looks >= Most)
        {
            return false;
        }

        run.Mail.Delay(new DelayedRow(
            envelope.Id, EnvelopeCodec.Encode(envelope), work.Body, work.Attempts, First + looks + 1, UnixTime.From(run.Now + (FirstAfter * (1 << looks))), why));
        return true;
    }
}
