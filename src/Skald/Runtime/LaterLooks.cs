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

    // Waits for its turn in a stream are counted below these.
    private const int Unknown = 1000;
    private const int Handled = 2000;

    private static readonly TimeSpan FirstAfter = TimeSpan.FromSeconds(1);

    /// <summary>Whether it was looked at before.</summary>
    public static bool IsAgain(MessageWork work) => work.Waits > Unknown;

    /// <summary>Whether all but telling somebody who is not there yet was done before.</summary>
    public static bool IsHandled(MessageWork work) => work.Waits > Handled;

    /// <summary>Has it looked at again.</summary>
    /// <param name="run">The batch.</param>
    /// <param name="work">The message.</param>
    /// <param name="envelope">The event.</param>
    /// <param name="isHandled">Whether all but telling somebody who is not there yet is done.</param>
    /// <param name="why">What is waited for.</param>
    /// <returns>False when that was done often enough.</returns>
    public static bool TryPutOff(BatchRun run, MessageWork work, Envelope envelope, bool isHandled, string why)
    {
        var looks = IsAgain(work) ? work.Waits % Unknown : 0;
        if (looks >= Most)
        {
            return false;
        }

        run.Mail.Delay(new DelayedRow(
            envelope.Id, EnvelopeCodec.Encode(envelope), work.Body, work.Attempts, (isHandled ? Handled : Unknown) + looks + 1, UnixTime.From(run.Now + (FirstAfter * (1 << looks))), why));
        return true;
    }
}
