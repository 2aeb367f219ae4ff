using System.Text.Json;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

// What leaves after the commit. Nobody waits for it; what is not confirmed is repeated.
internal sealed partial class Lane
{
    private static readonly TimeSpan ConfirmationsMayWait = TimeSpan.FromSeconds(1);

    private async Task SendAsync(BatchRun run)
    {
        Interlocked.Add(ref _underWay, run.Outgoing.Count);
        var stored = run.Changes.Outbox.Count == 0 ? null : run.Changes.Outbox.Select(o => o.Id).ToList();
        try
        {
            await engine.Transport.SendAsync(run.Outgoing, CancellationToken.None);
        }
        catch (SendFailedException exception)
        {
            engine.Logger.SendFailed(engine.Model.Service, exception.Unsent.Count, exception);
            stored?.RemoveAll(exception.Unsent.Contains);
        }
        catch (Exception exception)
        {
            engine.Logger.SendFailed(engine.Model.Service, run.Outgoing.Count, exception);
            return;
        }
        finally
        {
            Interlocked.Add(ref _underWay, -run.Outgoing.Count);
        }

        if (stored is { Count: > 0 })
        {
            Confirm(stored);
        }
    }

    /// <summary>Bounds what is under way to the transport, so that a slow broker slows the lane down instead of filling memory.</summary>
    private async Task BoundSendingAsync()
    {
        while (_sending.TryPeek(out var oldest) && (oldest.IsCompleted || _underWay > engine.Options.MessagesUnderWay))
        {
            await _sending.Dequeue();
        }
    }

    /// <summary>Rows whose envelope this version cannot read become dead letters: nothing else would ever come of them.</summary>
    private static (List<OutgoingMessage> Messages, List<Work> Unreadable) Decode(IReadOnlyList<OutboxRow> rows)
    {
        var (messages, unreadable) = (new List<OutgoingMessage>(rows.Count), new List<Work>());
        foreach (var row in rows)
        {
            try
            {
                messages.Add(new OutgoingMessage(EnvelopeCodec.Decode(row.Envelope), row.Body));
            }
            catch (JsonException exception)
            {
                unreadable.Add(new UnreadableOutboxWork(row, exception.Message));
            }
        }

        return (messages, unreadable);
    }

    private async Task SendAgainAsync(List<OutgoingMessage> messages)
    {
        try
        {
            await engine.Transport.SendAsync(messages, CancellationToken.None);
            Confirm([.. messages.Select(m => m.Envelope.Id)]);
        }
        catch (SendFailedException exception)
        {
            engine.Logger.SendFailed(engine.Model.Service, exception.Unsent.Count, exception);
            Confirm([.. messages.Select(m => m.Envelope.Id).Except(exception.Unsent)]);
        }
        catch (Exception exception)
        {
            engine.Logger.SendFailed(engine.Model.Service, messages.Count, exception);
        }
    }

    private void Confirm(IReadOnlyList<Guid> ids)
    {
        _confirmed.Enqueue(new ConfirmedWork(ids));
        engine.Due.NoLaterThan(engine.Time.GetUtcNow() + ConfirmationsMayWait);
    }
}
