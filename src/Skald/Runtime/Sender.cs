using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>What leaves after the commit. Nobody waits for it; what is not confirmed is sent again.</summary>
/// <param name="transport">Takes it.</param>
/// <param name="service">The service's name, for the log.</param>
/// <param name="keys">By which others know that it comes from here.</param>
/// <param name="underWay">Told of all that is given to the transport.</param>
/// <param name="now">What time it is.</param>
/// <param name="logger">Told of what was not taken.</param>
/// <param name="lookWithin">Sees to it that somebody looks for what is due before so long.</param>
/// <param name="comeAgain">Gives work to its lane once more, after a while.</param>
/// <remarks>Safe for use by many threads: all lanes of a service send through one.</remarks>
internal sealed class Sender(ITransport transport, string service, WireKeys keys, UnderWay underWay, Func<DateTimeOffset> now, ILogger logger, Action<TimeSpan> lookWithin, Action<Work, TimeSpan> comeAgain)
{
    private static readonly TimeSpan ConfirmationsMayWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SendsAgainAfter = TimeSpan.FromSeconds(1);
    private static readonly IReadOnlyDictionary<Guid, string> NothingIsNowhere = new Dictionary<Guid, string>();

    // A broker that lost its disk gets its queues back when those connect again who consume them.
    private static readonly TimeSpan QueueMayBeAwayFor = TimeSpan.FromMinutes(1);
    private const int RememberedFor = 10;

    private readonly OutboxUnderWay _outbox = new();
    private readonly ConcurrentQueue<ConfirmedWork> _confirmed = new();

    // Since when what has nowhere to go is known to have nowhere; what another process has given up meanwhile is forgotten after a while.
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _nowhereSince = new();
    private long _forgottenAt; // In ticks: by many threads.
    private int _answersOwed;

    /// <summary>Sagas whose open commands are to be sent again.</summary>
    public UnsentSagas Unsent { get; } = new();

    /// <summary>Sends messages, without waiting for it.</summary>
    /// <param name="messages">What is to be sent.</param>
    /// <param name="rows">Those of them that stand in the outbox, until they are confirmed.</param>
    /// <param name="answered">Commands that are acknowledged when their answers, which stand nowhere else, are confirmed.</param>
    public void Send(List<OutgoingMessage> messages, IReadOnlyList<Guid> rows, List<MessageWork> answered) =>
        underWay.Add(messages.Count, () => SendAsync(messages, rows, answered));

    /// <summary>Sends rows of the outbox that this process has not on its way already.</summary>
    /// <returns>Those whose envelope this version cannot read: they become dead letters, for nothing else would ever come of them.</returns>
    public List<Work> Send(IReadOnlyList<OutboxRow> rows)
    {
        var (messages, unreadable) = (new List<OutgoingMessage>(rows.Count), new List<Work>());
        foreach (var row in rows.Where(row => !_outbox.Has(row.Id)))
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

        if (messages.Count > 0)
        {
            Send(messages, [.. messages.Select(m => m.Envelope.Id)], []);
        }

        return unreadable;
    }

    /// <summary>Rows of the outbox that were confirmed, to be deleted.</summary>
    public bool TryTakeConfirmed([NotNullWhen(true)] out ConfirmedWork? confirmed) => _confirmed.TryDequeue(out confirmed);

    /// <inheritdoc cref="TryTakeConfirmed"/>
    public IEnumerable<ConfirmedWork> TakeConfirmed()
    {
        while (TryTakeConfirmed(out var confirmed))
        {
            yield return confirmed;
        }
    }

    /// <summary>The lanes have ended: waits for what is on its way, and no longer than until then.</summary>
    /// <returns>Whether nothing is left that is not confirmed.</returns>
    public async Task<bool> EndAsync(Task atLast)
    {
        // What is not confirmed by then is sent from the outbox, or by whoever takes the saga over.
        var sent = underWay.AllAsync();
        await Task.WhenAny(sent, atLast);
        return sent.IsCompletedSuccessfully && Unsent.IsEmpty && Volatile.Read(ref _answersOwed) == 0;
    }

    /// <summary>An answer that was not taken is owed no more.</summary>
    public void AnswerIsKept() => Interlocked.Decrement(ref _answersOwed);

    /// <returns>Whether the broker takes messages.</returns>
    private async Task<bool> SendAsync(List<OutgoingMessage> messages, IReadOnlyList<Guid> rows, List<MessageWork> answered)
    {
        _outbox.Add(rows);
        var (unsent, why) = await TrySendAsync(messages);
        var nowhere = (why as SendFailedException)?.Undeliverable ?? NothingIsNowhere;
        Delivery.AcknowledgeAll([.. answered.Where(work => Confirms(work, unsent)).Select(work => work.Delivery).OfType<Delivery>()]);
        var givenUp = GiveUp(messages, rows, nowhere);
        if (rows.Count > 0)
        {
            _outbox.Remove([.. rows.Where(id => unsent.Contains(id) && !givenUp.Contains(id))]);
            Confirm([.. rows.Where(id => !unsent.Contains(id))]);
        }

        if (why is not null)
        {
            SendAgainLater(messages, rows, answered, unsent, nowhere);
            Say(unsent.Count, why, nowhere.Count);
        }

        Quietly.Tell(() => SkaldMeter.CountSent(service, messages.Where(message => !unsent.Contains(message.Envelope.Id))));
        return unsent.Count == nowhere.Count || unsent.Count < messages.Count;
    }

    private async Task<(HashSet<Guid> Unsent, Exception? Why)> TrySendAsync(List<OutgoingMessage> messages)
    {
        try
        {
            await transport.SendAsync(keys.Signs ? messages.ConvertAll(keys.Sign) : messages, CancellationToken.None);
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
    private void SendAgainLater(
        List<OutgoingMessage> messages, IReadOnlyList<Guid> rows, List<MessageWork> answered, HashSet<Guid> unsent, IReadOnlyDictionary<Guid, string> nowhere)
    {
        var stored = rows.ToHashSet();
        Unsent.Add(messages.Select(message => message.Envelope)
            .Where(envelope => envelope is { Kind: MessageKind.Command, Saga: not null } && unsent.Contains(envelope.Id) && !stored.Contains(envelope.Id))
            .Select(envelope => envelope.Saga!.Value.Value));
        foreach (var work in answered.Where(work => unsent.Contains(work.AnswerId)))
        {
            if (work.AnswersInVain == 0)
            {
                Interlocked.Increment(ref _answersOwed);
            }

            work.LooksEverythingUp = true;
            comeAgain(work, SendsAgainAfter * Math.Pow(2, work.AnswersInVain));
            // What has nowhere to go keeps no place in the window.
            work.AnswersInVain = nowhere.ContainsKey(work.AnswerId) ? MessageWork.MostAnswersInVain : work.AnswersInVain + 1;
        }

        lookWithin(SendsAgainAfter);
    }

    /// <summary>Rows of the outbox that have had nowhere to go for long enough: they would be sent in vain for ever. They stay under way until they are dead letters.</summary>
    /// <returns>Their ids.</returns>
    private HashSet<Guid> GiveUp(List<OutgoingMessage> messages, IReadOnlyList<Guid> rows, IReadOnlyDictionary<Guid, string> nowhere)
    {
        if (nowhere.Count + _nowhereSince.Count == 0)
        {
            return [];
        }

        var (stored, time, givenUp) = (rows.ToHashSet(), now(), new HashSet<Guid>());
        foreach (var message in messages)
        {
            var id = message.Envelope.Id;
            if (!nowhere.TryGetValue(id, out var reason))
            {
                _nowhereSince.TryRemove(id, out _);
            }
            else if (_nowhereSince.GetOrAdd(id, time) + QueueMayBeAwayFor <= time && stored.Contains(id))
            {
                _nowhereSince.TryRemove(id, out _);
                givenUp.Add(id);
                comeAgain(new UndeliverableWork(message, reason, _outbox), TimeSpan.Zero);
            }
        }

        ForgetNowhere(time);
        return givenUp;
    }

    private void ForgetNowhere(DateTimeOffset time)
    {
        if (time.UtcTicks - Volatile.Read(ref _forgottenAt) < QueueMayBeAwayFor.Ticks)
        {
            return;
        }

        Volatile.Write(ref _forgottenAt, time.UtcTicks);
        foreach (var (id, since) in _nowhereSince)
        {
            if (since + (RememberedFor * QueueMayBeAwayFor) <= time)
            {
                _nowhereSince.TryRemove(id, out _);
            }
        }
    }

    // Anybody can ask for an answer that goes nowhere: of those, only the dead letters are named.
    private void Say(int unsent, Exception why, int undeliverable)
    {
        if (unsent > undeliverable)
        {
            logger.SendFailed(service, unsent, why);
        }
        else
        {
            logger.NowhereToGo(service, unsent, why.Message);
        }
    }

    private void Confirm(IReadOnlyList<Guid> ids)
    {
        if (ids.Count > 0)
        {
            _confirmed.Enqueue(new ConfirmedWork(ids, _outbox));
            lookWithin(ConfirmationsMayWait);
        }
    }
}
