using System.Text.Json;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

// What leaves after the commit. Nobody waits for it; what is not confirmed is sent again.
internal sealed partial class Lane
{
    private static readonly TimeSpan ConfirmationsMayWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SendsAgainAfter = TimeSpan.FromSeconds(1);

    /// <summary>What this process has of the outbox.</summary>
    public OutboxUnderWay Outbox { get; } = new();

    /// <param name="messages">What is to be sent.</param>
    /// <param name="rows">Those of them that stand in the outbox, until they are confirmed.</param>
    /// <param name="answered">Commands that are acknowledged when their answers, which stand nowhere else, are confirmed.</param>
    private async Task SendAsync(List<OutgoingMessage> messages, IReadOnlyList<Guid> rows, List<MessageWork> answered)
    {
        Outbox.Add(rows);
        Interlocked.Add(ref _underWay, messages.Count);
        var (unsent, why) = await TrySendAsync(messages);
        Interlocked.Add(ref _underWay, -messages.Count);
        Delivery.AcknowledgeAll([.. answered.Where(work => Confirms(work, unsent)).Select(work => work.Delivery).OfType<Delivery>()]);
        if (rows.Count > 0)
        {
            Outbox.Remove([.. rows.Where(unsent.Contains)]);
            Confirm([.. rows.Where(id => !unsent.Contains(id))]);
        }

        if (why is not null)
        {
            SendAgainLater(messages, rows, answered, unsent);
            engine.Logger.SendFailed(engine.Model.Service, unsent.Count, why);
        }
    }

    private async Task<(HashSet<Guid> Unsent, Exception? Why)> TrySendAsync(List<OutgoingMessage> messages)
    {
        try
        {
            await engine.Transport.SendAsync(messages, CancellationToken.None);
            return ([], null);
        }
        catch (SendFailedException exception)
        {
            return ([.. exception.Unsent], exception);
        }
        catch (Exception exception)
        {
            return ([.. messages.Select(message => message.Envelope.Id)], exception);
        }
    }

    /// <summary>An answer that was not taken is owed no more.</summary>
    public void AnswerIsKept() => Interlocked.Decrement(ref _answersOwed);

    private bool Confirms(MessageWork work, HashSet<Guid> unsent)
    {
        if (unsent.Contains(work.AnswerId))
        {
            return false;
        }

        if (work.AnswersInVain > 0)
        {
            work.AnswersInVain = 0;
            AnswerIsKept();
        }

        return true;
    }

    /// <summary>What stands in no outbox is made again: a saga's commands from its row, a participant's answers from its ledger.</summary>
    private void SendAgainLater(List<OutgoingMessage> messages, IReadOnlyList<Guid> rows, List<MessageWork> answered, HashSet<Guid> unsent)
    {
        var stored = rows.ToHashSet();
        _unsent.Add(messages.Select(message => message.Envelope)
            .Where(envelope => envelope is { Kind: MessageKind.Command, Saga: not null } && unsent.Contains(envelope.Id) && !stored.Contains(envelope.Id))
            .Select(envelope => envelope.Saga!.Value.Value));
        foreach (var work in answered.Where(work => unsent.Contains(work.AnswerId)))
        {
            if (work.AnswersInVain++ == 0)
            {
                Interlocked.Increment(ref _answersOwed);
            }

            work.LooksEverythingUp = true;
            _ = AddAfterAsync(work, SendsAgainAfter * Math.Pow(2, work.AnswersInVain - 1));
        }

        engine.Due.NoLaterThan(engine.Time.GetUtcNow() + SendsAgainAfter);
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
