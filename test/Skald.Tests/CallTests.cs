using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Skald.Decisions;
using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

/// <summary>A handler that does not return costs its service the deadline, not its life.</summary>
public sealed class A_handler_that_does_not_return
{
    private const string Seats = "t.seats";
    private const string Replies = "t.test.replies";

    [Theory, EveryBackend]
    public async Task Is_named_given_up_at_its_deadline_and_ends_as_a_dead_letter_while_others_go_on(Backend backend)
    {
        using var ground = new Ground(backend);
        var (log, desk) = (new LogLines(), new HangingDesk());
        await using var host = await Host.StartAsync(ground, (Seats, s =>
        {
            s.Services.AddSingleton<ILoggerFactory>(log).AddSingleton(desk);
            s.AddHandlers<HangingDesk>().Configure(o => o with { CallDeadline = TimeSpan.FromSeconds(4), MaxAttempts = 2 });
        }));
        await using var wire = await Wire.StartAsync(host[Seats], Replies);
        await wire.SendAsync((Command(1), new ReserveSeat("hangs")), (Command(2), new ReserveSeat("T2")));
        await Eventually.HoldsAsync("it hangs", () => Task.FromResult(desk.Hanging > 0));
        await Eventually.HoldsAsync("health names it", () => Task.FromResult(host[Seats].Problem?.Contains("'seats.reserve' has been running", StringComparison.Ordinal) == true), host.Time, TimeSpan.FromMilliseconds(100));
        var neighbour = wire.NextAsync();
        await Eventually.HoldsAsync("its neighbour is answered", () => Task.FromResult(neighbour.IsCompleted), host.Time, TimeSpan.FromMilliseconds(100));
        Assert.Equal(MessageKind.Reply, (await neighbour).Envelope!.Kind);
        await Eventually.HoldsAsync(
            "it is given up", async () => (await host[Seats].Operations.DeadLettersAsync()).Count == 1, host.Time, TimeSpan.FromMilliseconds(100));
        var letter = Assert.Single(await host[Seats].Operations.DeadLettersAsync());
        Assert.Equal(2, letter.Attempts);
        Assert.Contains("did not return within 00:00:04", letter.Reason, StringComparison.Ordinal);
        Assert.Equal(2, desk.Hanging);
        Assert.Null(host[Seats].Problem);
        Assert.Equal(2, log.Lines.Count(line => line.Contains("has not returned within", StringComparison.Ordinal)));

        Assert.Equal("skald.gave-up", (await wire.NextAsync()).Envelope!.Type);

        // What it does when it returns after all reaches nobody.
        desk.Returns.SetResult();
        await wire.SendAsync(Command(3), new ReserveSeat("T3"));
        Assert.Equal(MessageIds.Reply(Command(3).Id), (await wire.NextAsync()).Envelope!.Id);
        Assert.Equal(0, wire.Waiting);
    }

    [Fact]
    public async Task Is_told_by_its_token_and_a_request_gets_the_timeout()
    {
        using var ground = new Ground(Backend.Memory);
        await using var host = await Host.StartAsync(ground, (Seats, s => s.AddDesk(new The_barrier.Desk()).Configure(o => o with { CallDeadline = TimeSpan.FromSeconds(1) })));
        var (told, hung) = (0, 0);
        var request = host[Seats].ExecuteAsync<bool>(async context =>
        {
            hung++;
            using var registration = context.CancellationToken.Register(() => told++);
            await new TaskCompletionSource().Task;
            return true;
        });
        await Eventually.HoldsAsync("it is over", () => Task.FromResult(request.IsCompleted), host.Time, TimeSpan.FromMilliseconds(50));
        Assert.Contains("'the code of a request' did not return within 00:00:01", (await Assert.ThrowsAnyAsync<TimeoutException>(() => request)).Message, StringComparison.Ordinal);
        Assert.Equal((1, 1), (hung, told));
        Assert.True(await host[Seats].ExecuteAsync(context => new ValueTask<bool>(!context.CancellationToken.IsCancellationRequested)));
    }

    [Fact]
    public async Task Reaches_nothing_with_what_it_was_given_when_it_goes_on_after_all()
    {
        using var ground = new Ground(Backend.Sqlite);
        await using var host = await Host.StartAsync(ground, (Seats, s => s.AddDesk(new The_barrier.Desk()).AddSchema("CREATE TABLE IF NOT EXISTS notes (text TEXT)")
            .Configure(o => o with { CallDeadline = TimeSpan.FromSeconds(1) })));
        var (returns, tried) = (new TaskCompletionSource(), new TaskCompletionSource<Exception?>());
        var request = host[Seats].ExecuteAsync<bool>(async context =>
        {
            var connection = context.Connection;
            await NoteAsync(connection, context.Transaction, "before");
            await returns.Task;
            tried.SetResult(await Record.ExceptionAsync(() => NoteAsync(connection, null, "after")));
            return true;
        });
        await Eventually.HoldsAsync("it is given up", () => Task.FromResult(request.IsCompleted), host.Time, TimeSpan.FromMilliseconds(50));
        await host[Seats].ExecuteAsync(async context =>
        {
            // Another's transaction is open while it goes on.
            returns.SetResult();
            Assert.NotNull(await tried.Task);
            await NoteAsync(context.Connection, context.Transaction, "another");
            return true;
        });
        await using var reading = await host[Seats].OpenAsync();
        await using var command = reading.CreateCommand();
        command.CommandText = "SELECT group_concat(text) FROM notes";
        Assert.Equal("another", await command.ExecuteScalarAsync());

        static async Task NoteAsync(System.Data.Common.DbConnection connection, System.Data.Common.DbTransaction? transaction, string text)
        {
            await using var command = connection.CreateCommand();
            (command.Transaction, command.CommandText) = (transaction, $"INSERT INTO notes (text) VALUES ('{text}')");
            await command.ExecuteNonQueryAsync();
        }
    }

    [Theory, EveryBackend]
    public async Task Of_a_saga_is_waited_for_once_a_try(Backend backend)
    {
        using var ground = new Ground(backend);
        var tries = 0;
        var saga = new TestSaga(s => s.Step("think").Do(async (t, context) =>
        {
            tries++;
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            return t;
        }).NothingToUndo("a test"));
        await using var host = await Host.StartAsync(ground, ("t.trips", s => s.AddTestSaga(saga).Configure(o => o with { CallDeadline = TimeSpan.FromSeconds(1) })));
        var start = host["t.trips"].StartAsync<TestSaga, Trip>(new Trip("T1"));
        await Eventually.HoldsAsync("it is given up", () => Task.FromResult(start.IsCompleted), host.Time, TimeSpan.FromMilliseconds(50));
        // What fails in its first commit has never been started.
        await Assert.ThrowsAnyAsync<Exception>(() => start);
        Assert.Equal(1, tries);
    }

    private static Envelope Command(int number) => Wire.ReserveSeat(new SagaId(new Guid(number, 5, 5, new byte[8])), Replies);

    public sealed class HangingDesk
    {
        private int _hanging;

        public TaskCompletionSource Returns { get; } = new();

        public int Hanging => _hanging;

        public async ValueTask<Reply<SeatReserved>> Handle(ReserveSeat command, MessageContext context)
        {
            if (command.Trip == "hangs")
            {
                Interlocked.Increment(ref _hanging);
                await Returns.Task;
            }

            return new SeatReserved("12A");
        }
    }
}
