using System.Text.Json;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

// What leaves after the commit. Nobody waits for it; what is not confirmed is repeated.
internal sealed partial class Lane
{
    private static readonly TimeSpan ConfirmationsMayWait = TimeSpan.FromSeconds(1);

    /// <summary>What this process has of the outbox.</summary>
    public OutboxUnderWay Outbox { get; } = new();

    /// <param name="messages">What is to be sent.</param>
    /// <param name="rows">Those of them that stand in the outbox, until they are confirmed.</param>
    private async Task SendAsync(List<OutgoingMessage> messages, IReadOnlyList<Guid> rows)
    {
        IReadOnlyCollection<Guid> unsent = [];
        Outbox.Add(rows);
        Interlocked.Add(ref _underWay, messages.Count);
        try
        {
            await engine.Transport.SendAsync(messages, CancellationToken.None);
        }
        catch (SendFailedException exception)
        {
            engine.Logger.SendFailed(engine.Model.Service, exception.Unsent.Count, exception);
            unsent = exception.Unsent;
        }
        catch (Exception exception)
        {
            engine.Logger.SendFailed(engine.Model.Service, messages.Count, exception);
            unsent = rows;
        }

        Interlocked.Add(ref _underWay, -messages.Count);
        if (rows.Count > 0)
        {
            Outbox.Remove([.. rows.Where(unsent.Contains)]);
            Confirm([.. rows.Except(unsent)]);
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
    private (List<OutgoingMessage> Messages, List<Work> Unreadable) Decode(IReadOnlyList<OutboxRow> rows)
    {
        var (messages, unreadable) = (new List<OutgoingMessage>(rows.Count), new List<Work>());
        foreach (var row in rows.Where(row => !Outbox.Has(row.Id)))
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

    private void Confirm(IReadOnlyList<Guid> ids)
    {
        if (ids.Count > 0)
        {
            _confirmed.Enqueue(new ConfirmedWork(ids, Outbox));
            engine.Due.NoLaterThan(engine.Time.GetUtcNow() + ConfirmationsMayWait);
        }
    }
}
