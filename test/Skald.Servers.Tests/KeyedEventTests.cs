using Skald.TestServers;
using Xunit;

namespace Skald.Servers.Tests;

/// <summary>
/// Sagas of two processes, of which one goes, each of which waits for two events side by side that a third publishes under the saga's key: some before the saga starts,
/// some instead of one another.
/// </summary>
public sealed class Events_that_are_published_by_key(PostgreSqlFixture postgres, RabbitFixture rabbit)
{
    private const int Orders = 240;
    private const int CalledOffEvery = 5;
    private const int EarlyEvery = 3;

    [Fact]
    public Task Reach_their_sagas_on_PostgreSQL_and_RabbitMQ() => Pairs.OnPostgreSqlAndRabbitMqAsync(postgres, rabbit, ReachAsync);

    [Fact]
    public Task Reach_their_sagas_on_PostgreSQL_alone() => Pairs.OnPostgreSqlAloneAsync(postgres, ReachAsync);

    [Fact]
    public Task Reach_their_sagas_on_SQLite() => Pairs.OnSqliteAsync(ReachAsync);

    private static async Task ReachAsync(Action<SkaldBuilder> ground)
    {
        await using var desk = await ServiceProcess.StartAsync("flowers.desk", s =>
        {
            ground(s);
            s.Publishes<BouquetPaid>().Publishes<BouquetPacked>().Publishes<BouquetCalledOff>();
        });
        void Configure(SkaldBuilder builder)
        {
            ground(builder);
            builder.AddSaga<BouquetSaga>();
        }

        await using var first = await ServiceProcess.StartAsync("flowers.post", Configure);
        var second = await ServiceProcess.StartAsync("flowers.post", Configure);
        await SendAsync(0, Orders / 2, desk.Service, first.Service, second.Service);
        await second.DisposeAsync();
        await SendAsync(Orders / 2, Orders, desk.Service, first.Service, first.Service);
        await Eventually.HoldsAsync(
            async () => (await first.Service.Operations.CountSagasAsync(new SagaQuery { Status = SagaStatus.Running })).Value == 0, "every saga has ended");
        for (var n = 0; n < Orders; n++)
        {
            var saga = (await first.Service.FindSagaAsync<BouquetSaga>($"p{n}"))!;
            var isCalledOff = n % CalledOffEvery == 4;
            Assert.Equal(isCalledOff ? SagaStatus.Compensated : SagaStatus.Completed, saga.Status);
            Assert.Equal(isCalledOff ? null : $"payer {n}", saga.State.GetProperty("by").GetString());
        }

        Assert.Empty(await first.Service.Operations.DeadLettersAsync());
        await Eventually.HoldsAsync(async () => (await first.Service.Operations.DelayedAsync()).Count == 0, "nothing is put off any more");
    }

    private static Task SendAsync(int from, int to, SkaldService desk, SkaldService one, SkaldService other) => Parallel.ForEachAsync(
        Enumerable.Range(from, to - from), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (n, token) =>
        {
            var post = n % 2 == 0 ? one : other;
            Func<Task>[] acts =
            [
                () => post.StartAsync<BouquetSaga, Bouquet>(new Bouquet($"p{n}", null), cancellationToken: token),
                () => desk.PublishAsync(new BouquetPacked($"p{n}")),
                () => desk.PublishAsync(n % CalledOffEvery == 4 ? new BouquetCalledOff($"p{n}") : new BouquetPaid($"p{n}", $"payer {n}")),
            ];
            foreach (var act in n % EarlyEvery == 0 ? acts.Reverse() : acts)
            {
                await act();
            }
        });
}

public sealed record Bouquet(string Id, string? By);

[Event("BOUQUET_PAID")]
public sealed record BouquetPaid(string Bouquet, string By) : IEvent;

[Event("BOUQUET_PACKED")]
public sealed record BouquetPacked(string Bouquet) : IEvent;

[Event("BOUQUET_CALLED_OFF")]
public sealed record BouquetCalledOff(string Bouquet) : IEvent;

public sealed class BouquetSaga : Saga<Bouquet>
{
    protected override void Define(SagaBuilder<Bouquet> saga)
    {
        ArgumentNullException.ThrowIfNull(saga);
        saga.Key(p => p.Id, KeyUse.Once);
        saga.Parallel(both =>
        {
            both.WaitFor<BouquetPaid>("payment").OnEvent((p, e) => p with { By = e.By }).ByKey(e => e.Bouquet)
                .Or<BouquetCalledOff>(_ => new Refusal("CalledOff", "nobody wants it"), byKey: e => e.Bouquet);
            both.WaitFor<BouquetPacked>("packing").ByKey(e => e.Bouquet);
        });
    }
}
