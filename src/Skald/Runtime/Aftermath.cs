using Microsoft.Extensions.Logging;
using Skald.Diagnostics;
using Skald.EventSourcing;
using Skald.Messaging;

namespace Skald.Runtime;

/// <summary>
/// What follows a commit: messages are sent and acknowledged, who waits is told. A crash on the way loses none of it for good.
/// </summary>
/// <param name="store">The service's store: other processes at it are woken.</param>
/// <param name="sender">Takes what leaves.</param>
/// <param name="due">Told of what becomes due.</param>
/// <param name="projections">Told of events that were appended.</param>
/// <param name="backpressure">Told how long commands lay unread.</param>
/// <param name="logger">Told what was done.</param>
internal sealed class Aftermath(StoreAccess store, Sender sender, DueSignal due, ProjectionSet projections, Backpressure backpressure, ILogger logger)
{
    public Sender Sender => sender;

    /// <summary>Callers that wait for sagas to end.</summary>
    public EndWaiters Waiters { get; } = new();

    /// <summary>A batch is committed.</summary>
    /// <param name="batch">Its work.</param>
    /// <param name="run">What it did.</param>
    /// <param name="wakes">Whether it made messages due that waited for a lock.</param>
    public void Follows(List<Work> batch, BatchRun run, bool wakes)
    {
        Quietly.Tell(run.Spans.End);
        // What is not sent in the end comes back after this.
        foreach (var work in batch)
        {
            work.Committed(this);
        }

        Send(batch, run);
        Waiters.Tell(run.Sagas.Ended);
        Quietly.Tell(() =>
        {
            SkaldMeter.BatchSize.Record(batch.Count, new KeyValuePair<string, object?>("service", run.Service));
            if (run.CarriesMessages)
            {
                SkaldMeter.CountSent(run.Service, run.Outgoing);
            }

            run.Facts.Tell(logger);
            run.Late.ForEach(backpressure.Learn);
        });
        if (run.EarliestDue is { } earliest)
        {
            due.NoLaterThan(earliest);
        }

        if (wakes && run.Serves)
        {
            due.Look();
        }

        if (projections.Appended(run.Streams) || run.PassesOn || (!run.Serves && run.WritesAnything))
        {
            store.Store.WakeUp?.WakeOthers();
        }

        store.Works();
    }

    /// <summary>Sends; nobody waits for it here. Acknowledges; a command whose answer nobody else could send again, when that is confirmed.</summary>
    private void Send(List<Work> batch, BatchRun run)
    {
        var sends = run.Outgoing.Count > 0 && !run.CarriesMessages;
        var answered = sends ? batch.Select(work => work.Answered).OfType<MessageWork>().ToList() : [];
        var laterOn = answered.Select(work => work.Delivery).OfType<Delivery>().Where(delivery => delivery.ComesAgain).ToHashSet();
        if (sends)
        {
            sender.Send(run.Outgoing, [.. run.Changes.Outbox.Select(row => row.Id)], answered);
        }

        Delivery.AcknowledgeAll([.. batch.Select(work => work.Delivery).OfType<Delivery>().Where(delivery => !laterOn.Contains(delivery))]);
    }
}
