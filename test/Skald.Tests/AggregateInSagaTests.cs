using Microsoft.Extensions.DependencyInjection;
using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

public sealed class An_aggregate_as_a_local_step_of_a_saga
{
    [Theory, EveryBackend]
    public async Task Is_appended_to_by_the_step_and_by_its_undo_under_the_sagas_id(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground, new TestSaga(saga =>
        {
            saga.Step("take the money").Do(TakeAsync).Undo(GiveBackAsync);
            saga.Step("charge card").Send(t => new ChargeCard(t.Id)).Undo(t => new RefundCard(t.Id));
        }));
        var trips = host["t.trips"];
        await using var cards = await Wire.StartAsync(trips, "t.cards.commands");
        await Accounts.OpenAsync(trips, "ann", "ann");
        await Accounts.PayInAsync(trips, "ann", 50);

        var start = await trips.StartAsync<TestSaga, Trip>(new Trip("ann"));
        Assert.Equal(20, (await trips.LoadAsync<Account>("ann")).State!.Balance);
        await cards.SendAsync(Wire.Answer((await cards.NextAsync()).Envelope!, MessageKind.Refusal), new Refusal("Declined", "no credit"));
        await trips.WaitAsync(start.Id).WaitAsync(Eventually.Patience);

        Assert.Equal(SagaStatus.Compensated, (await trips.FindSagaAsync(start.Id))!.Status);
        Assert.Equal(50, (await trips.LoadAsync<Account>("ann")).State!.Balance);
        var history = await trips.HistoryAsync<Account>("ann").ToListAsync();
        Assert.Equal(["ACCOUNT_OPENED", "MONEY_PAID_IN", "MONEY_TAKEN_OUT", "MONEY_PAID_IN"], history.Select(e => e.Type));
        Assert.All(history.Skip(2), e => Assert.Equal(start.Id.Value, e.Correlation));
    }

    [Theory, EveryBackend]
    public async Task Keeps_nothing_of_a_step_that_throws_after_it_appended(Backend backend)
    {
        var broken = true;
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground, new TestSaga(saga => saga.Step("take the money").Do(async (trip, context) =>
        {
            var taken = await TakeAsync(trip, context);
            return broken ? throw new InvalidOperationException("no ink") : taken;
        }).Undo(GiveBackAsync)));
        var trips = host["t.trips"];
        await Accounts.OpenAsync(trips, "ann", "ann");

        await Assert.ThrowsAsync<InvalidOperationException>(() => trips.StartAsync<TestSaga, Trip>(new Trip("ann")));
        Assert.Equal(1, (await trips.LoadAsync<Account>("ann")).Version);
        Assert.Equal(0L, (await trips.Operations.CountSagasAsync(new SagaQuery())).Value);

        broken = false;
        var start = await trips.StartAsync<TestSaga, Trip>(new Trip("ann"));
        Assert.Equal(SagaStatus.Completed, (await trips.FindSagaAsync(start.Id))!.Status);
        Assert.Equal(2, (await trips.LoadAsync<Account>("ann")).Version);
    }

    private static async ValueTask<StepResult<Trip>> TakeAsync(Trip trip, StepContext context)
    {
        context.Append(await context.LoadAsync<Account>(trip.Id), new MoneyTakenOut(30));
        return trip with { Note = "taken" };
    }

    private static async ValueTask<StepResult<Trip>> GiveBackAsync(Trip trip, StepContext context)
    {
        context.Append(await context.LoadAsync<Account>(trip.Id), new MoneyPaidIn(30));
        return trip with { Note = "given back" };
    }

    private static Task<Host> StartAsync(Ground ground, TestSaga saga) => Host.StartAsync(ground, ("t.trips", builder =>
    {
        builder.Services.AddSingleton(saga);
        builder.AddSaga<TestSaga>().AddAggregate<AccountAggregate>();
    }));
}
