using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

/// <summary>A look for due work, or for what is no longer needed, that goes wrong is said and repeated; timers never stop for it.</summary>
public sealed class A_look_that_fails
{
    private const string Trips = "t.trips";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Is_logged_and_tried_again(bool atDueWork)
    {
        using var ground = new Ground(Backend.Memory);
        var log = new LogLines();
        var store = new StumblingStore(new InMemoryStore());
        await using var host = await Host.StartAsync(ground, (Trips, s =>
        {
            s.Services.AddSingleton<ILoggerFactory>(log);
            s.UseStore(_ => store);
            s.AddTestSaga(new TestSaga(saga => saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id)).Within(TimeSpan.FromMinutes(1)), "slow"));
        }));
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        var start = await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"));
        await seats.NextAsync();
        (store.LooksFail, store.RemovalsFail) = (atDueWork, !atDueWork);
        host.Time.Advance(TimeSpan.FromSeconds(90));
        await Eventually.HoldsAsync("it is said", () => Task.FromResult(log.Lines.Any(l => l.Contains(atDueWork ? "looking for due work" : "cannot be archived or removed", StringComparison.Ordinal))), host.Time, TimeSpan.FromSeconds(1));

        (store.LooksFail, store.RemovalsFail) = (false, false);
        // Its deadline is long over, and nothing but a look can find that.
        await Eventually.HoldsAsync("it turned back", async () => (await host[Trips].FindSagaAsync(start.Id))!.Status == SagaStatus.Compensating, host.Time, TimeSpan.FromSeconds(1));
    }

    private sealed class StumblingStore(InMemoryStore store) : KeptStore(store), IRetention
    {
        public volatile bool LooksFail;
        public volatile bool RemovalsFail;

        public override IRetention Retention => this;

        public override ValueTask<DueWork> TakeDueAsync(DateTimeOffset now, TimeSpan claimFor, int limit, bool wakes, CancellationToken cancellationToken) =>
            LooksFail ? throw new InvalidOperationException("57014: canceling statement due to statement timeout") : base.TakeDueAsync(now, claimFor, limit, wakes, cancellationToken);

        public ValueTask<bool> IsForThisInstanceAsync(CancellationToken cancellationToken) => new(true);

        public ValueTask<Ended> FindEndedAsync(EndedQuery query, CancellationToken cancellationToken) => new(new Ended([], []));

        public ValueTask<int> RemoveAsync(OldRows kind, long before, int limit, CancellationToken cancellationToken) =>
            RemovalsFail ? throw new InvalidOperationException("40P01: deadlock detected") : new(0);
    }
}
