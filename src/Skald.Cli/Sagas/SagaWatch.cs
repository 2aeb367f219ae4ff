using System.CommandLine;
using System.Runtime.CompilerServices;
using Skald.Cli.Commands;
using Skald.Cli.Output;
using Skald.Management;

namespace Skald.Cli.Sagas;

/// <summary><c>skald sagas watch</c>: prints what happens to one until it ends, or what happens to all until it is interrupted.</summary>
internal static class SagaWatch
{
    // A change may be missed while a connection is made anew.
    private static readonly TimeSpan s_looksAgainAfter = TimeSpan.FromSeconds(2);

    private static readonly Shape<Change> s_changes = new(ManagementJson.Of<Change>(), change => $"{change.Service}/{change.Id}", []);

    public static Command Create(Terminal terminal)
    {
        var saga = new Argument<string?>("saga") { Description = "The saga as SERVICE/ID, or its id or business key alone; all sagas and flows unless given.", HelpName = "SAGA", Arity = ArgumentArity.ZeroOrOne };
        return new Command("watch", "Prints what happens to one until it ends, or to all until Ctrl+C.") { saga }.Does(terminal, async (session, parsed, cancellationToken) =>
        {
            await (parsed.GetValue(saga) is { } text ? OneAsync(session, text, cancellationToken) : AllAsync(session, cancellationToken));
            return await session.EndAsync();
        });
    }

    private static async Task AllAsync(Session session, CancellationToken cancellationToken)
    {
        await session.SayAsync($"Watching {session.Server.Shown}. Stop it with Ctrl+C.");
        var changes = session.Management.ChangesAsync(cancellationToken);
        await PrintAsync(session, s_changes, changes, change => change switch
        {
            { Saga: { } saga } => $"{Words.Moment(saga.UpdatedAt)}  saga {change.Service}/{change.Id}  {saga.Status}  {saga.Definition} {saga.Key}: {saga.Why}",
            { Flow: { } flow } => $"{Words.Moment(flow.UpdatedAt)}  flow {change.Service}/{change.Id}  {flow.Status}  {flow.Flow}: {flow.Why}",
            _ => $"{change.Kind} {change.Service}/{change.Id}",
        }, cancellationToken);
    }

    private static async Task OneAsync(Session session, string text, CancellationToken cancellationToken)
    {
        var saga = await SagaNames.FindAsync(session, text, cancellationToken);
        SagaItem? last = null;
        await PrintAsync(session, SagaShapes.Timeline, TimelineAsync(), item => $"{Words.Moment(item.At)}  {item.Kind,-12} {item.Says}", cancellationToken);
        await session.SayAsync($"{last?.Status}: {PlainText.Of(last?.Why ?? "")}");

        async IAsyncEnumerable<TimelineItem> TimelineAsync()
        {
            var timeline = new SagaTimeline(session.Management, saga);
            await foreach (var _ in LooksAsync(session, saga, cancellationToken))
            {
                last = (await session.Management.FindSagaAsync(saga.Service, saga.Name, cancellationToken))?.Saga ?? throw SagaNames.NotFound(text);
                // The saga was read first: all that has happened by then is in its timeline.
                await foreach (var item in timeline.NewAsync(cancellationToken))
                {
                    yield return item;
                }

                if (last.EndedAt is not null)
                {
                    yield break;
                }
            }
        }
    }

    /// <summary>Now, whenever the saga has changed, and once in a while.</summary>
    private static async IAsyncEnumerable<bool> LooksAsync(Session session, Named saga, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var listening = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var changed = new SemaphoreSlim(1);
        var listens = ListenAsync();
        try
        {
            while (true)
            {
                yield return await changed.WaitAsync(s_looksAgainAfter, cancellationToken);
            }
        }
        finally
        {
            await listening.CancelAsync();
            await listens;
        }

        async Task ListenAsync()
        {
            try
            {
                await foreach (var change in session.Management.ChangesAsync(listening.Token))
                {
                    if (change.Service == saga.Service && change.Id == saga.Name && changed.CurrentCount is 0)
                    {
                        changed.Release();
                    }
                }
            }
            catch (Exception exception) when (exception is ManagementException or OperationCanceledException)
            {
                // Then it is looked at once in a while; whoever looks is told if the server is away.
            }
        }
    }

    private static async Task PrintAsync<T>(Session session, Shape<T> shape, IAsyncEnumerable<T> items, Func<T, string> line, CancellationToken cancellationToken)
    {
        if (session.Printer.Format is not OutputFormat.Table)
        {
            await session.Printer.ManyAsync(shape, items, cancellationToken);
            return;
        }

        await foreach (var item in items)
        {
            await session.Terminal.Out.WriteLineAsync(PlainText.Of(line(item)));
            await session.Terminal.Out.FlushAsync(cancellationToken);
        }
    }
}
