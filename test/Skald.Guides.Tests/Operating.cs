using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Skald.Decisions;
using Xunit;

// docs/guides/operating.md
namespace Skald.Guides.Operating;

public sealed record Order(string Number);

[Command("stock.reserve", To = "stock")]
public sealed record ReserveStock(string Order) : ICommand<Done>;

[Command("stock.release", To = "stock")]
public sealed record ReleaseStock(string Order) : ICommand<Done>;

[Command("cards.charge", To = "cards")]
public sealed record ChargeCard(string Order) : ICommand<Done>;

[Event("ORDER_PAID")]
public sealed record OrderPaid(string Order) : IEvent;

public sealed class OrderSaga : Saga<Order>
{
    protected override void Define(SagaBuilder<Order> saga)
    {
        saga.Key(o => o.Number);
        saga.Summary(o => $"order {o.Number}");
        saga.Step("reserve the stock").Send(o => new ReserveStock(o.Number)).Undo(o => new ReleaseStock(o.Number));
        saga.Step("charge the card").Send(o => new ChargeCard(o.Number)).NothingToUndo("refused cards are not charged");
    }
}

/// <summary>The state of the world: what is broken, until somebody mends it.</summary>
public sealed class World
{
    public bool IsMended { get; set; }

    public TaskCompletionSource<string> Booked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

public sealed class Stock(World world)
{
    public Reply<Done> Handle(ReserveStock command, MessageContext context) => Done.Instance;

    public Reply<Done> Handle(ReleaseStock command, MessageContext context) => world.IsMended ? Done.Instance : new Refusal("DoorIsStuck", "The door is stuck.");
}

public sealed class Cards
{
    public Reply<Done> Handle(ChargeCard command, MessageContext context) => new Refusal("CardDeclined", "insufficient balance");
}

public sealed class Books(World world)
{
    public void Handle(OrderPaid paid, MessageContext context)
    {
        if (!world.IsMended)
        {
            throw new InvalidOperationException("The ledger of May is closed.");
        }

        world.Booked.TrySetResult(paid.Order);
    }
}

/// <summary>What a person needs, as routes of an application; they belong behind its own authorization.</summary>
public static class Desk
{
    public static void Map(IEndpointRouteBuilder routes, SkaldService service)
    {
        routes.MapGet("/desk/sagas", (string? key, SagaStatus? status, string? cursor) => service.Operations.SagasAsync(new SagaQuery { Key = key, Status = status, Cursor = cursor }));
        routes.MapGet("/desk/sagas/{id}", async (SagaId id) => new { Saga = await service.Operations.FindSagaAsync(id), Timeline = await service.Operations.TimelineAsync(id) });
        routes.MapPost("/desk/sagas/{id}/resume", (SagaId id, string reason, HttpContext http) => service.ResumeAsync(id, http.User.Identity?.Name, reason));
        routes.MapGet("/desk/dead-letters", (long? after) => service.Operations.DeadLettersAsync(after ?? 0));
        routes.MapPost("/desk/dead-letters/{number}/replay", (long number) => service.ReplayAsync(number));
    }
}

public sealed class A_person_at_the_desk(ITestOutputHelper output)
{
    private const string Orders = "shop.order";

    [Fact]
    public async Task Finds_a_parked_saga_reads_what_happened_and_resumes_it()
    {
        await using var services = await StartAsync();
        var service = services[Orders];
        var start = await service.StartAsync<OrderSaga, Order>(new Order("4711"));
        await services.EndAsync(Orders, start.Id);

        var parked = await service.Operations.SagasAsync(new SagaQuery { Status = SagaStatus.Parked });
        foreach (var saga in parked.Sagas)
        {
            output.WriteLine($"{saga.Id} {saga.Definition} '{saga.Summary}' since {saga.UpdatedAt}: {saga.ParkReason}");
            foreach (var entry in await service.Operations.TimelineAsync(saga.Id))
            {
                output.WriteLine($"  {entry.At:HH:mm:ss} {entry.Kind} {entry.Step} {entry.Detail} {entry.Actor} {entry.Reason}");
            }
        }

        Assert.Equal("undoing 'reserve the stock' used up its attempts", Assert.Single(parked.Sagas).ParkReason);
        Assert.Equal(StepState.UndoFailed, (await service.Operations.FindSagaAsync(start.Id))!.Steps[0].State);
        var counts = await service.Operations.CountByStatusAsync();
        Assert.Equal("1", counts[SagaStatus.Parked].ToString());
        services.Provider.GetRequiredService<World>().IsMended = true;

        await service.ResumeAsync(start.Id, actor: "ann", reason: "the door is mended");

        Assert.Equal(SagaStatus.Compensated, (await services.EndAsync(Orders, start.Id)).Status);
        Assert.Contains(await service.Operations.TimelineAsync(start.Id), entry => entry is { Kind: JournalKind.Resumed, Actor: "ann", Reason: "the door is mended" });
    }

    [Fact]
    public async Task Replays_a_dead_letter_when_its_cause_is_mended()
    {
        await using var services = await StartAsync();
        var books = services["shop.books"];
        await services[Orders].PublishAsync(new OrderPaid("4711"));
        await Eventually.HoldsAsync("it is a dead letter", async () => (await books.Operations.DeadLettersAsync()).Count == 1, services.Time, TimeSpan.FromSeconds(1));

        foreach (var letter in await books.Operations.DeadLettersAsync())
        {
            output.WriteLine($"{letter.Number} {letter.Envelope?.Type} from {letter.Envelope?.Source}, {letter.Attempts} attempts: {letter.Reason}");
        }

        var dead = Assert.Single(await books.Operations.DeadLettersAsync());
        Assert.Equal(8, dead.Attempts);
        Assert.Contains("The ledger of May is closed.", dead.Reason, StringComparison.Ordinal);
        services.Provider.GetRequiredService<World>().IsMended = true;
        await books.ReplayAsync(dead.Number);
        await Eventually.HoldsAsync("it is booked", () => Task.FromResult(services.Provider.GetRequiredService<World>().Booked.Task.IsCompleted), services.Time, TimeSpan.FromSeconds(1));
        Assert.Empty(await books.Operations.DeadLettersAsync());
    }

    [Fact]
    public async Task Sees_what_is_open()
    {
        await using var services = await StartAsync();
        var operations = services[Orders].Operations;

        var timers = await operations.TimersAsync();        // when sagas look at their steps again, and what for
        var delayed = await operations.DelayedAsync();      // messages that will be tried again, with the last reason
        var unsent = await operations.CountOutboxAsync();   // committed, and not yet confirmed by the broker

        Assert.Empty(timers);
        Assert.Empty(delayed);
        Assert.Equal("0", unsent.ToString());
    }

    [Fact]
    public async Task Asks_over_http()
    {
        await using var services = await StartAsync();
        var start = await services[Orders].StartAsync<OrderSaga, Order>(new Order("4711"));
        await services.EndAsync(Orders, start.Id);
        services.Provider.GetRequiredService<World>().IsMended = true;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.Converters.Add(new JsonStringEnumConverter()));
        await using var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        Desk.Map(app, services[Orders]);
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        Assert.Contains("\"status\":\"Parked\"", await http.GetStringAsync(new Uri("/desk/sagas?key=4711&status=Parked", UriKind.Relative)), StringComparison.Ordinal);
        var seen = await http.GetStringAsync(new Uri($"/desk/sagas/{start.Id}", UriKind.Relative));
        output.WriteLine(seen);
        Assert.Contains("The door is stuck.", seen, StringComparison.Ordinal);
        Assert.Equal("[]", await http.GetStringAsync(new Uri("/desk/dead-letters", UriKind.Relative)));
        using var resumed = await http.PostAsync(new Uri($"/desk/sagas/{start.Id}/resume?reason=mended", UriKind.Relative), null);
        Assert.True(resumed.IsSuccessStatusCode);
        Assert.Equal(SagaStatus.Compensated, (await services.EndAsync(Orders, start.Id)).Status);
        await app.StopAsync();
    }

    private static Task<Services> StartAsync() => Services.StartAsync(
        (Orders, s =>
        {
            s.Services.AddSingleton<World>();
            s.AddSaga<OrderSaga>().Publishes<OrderPaid>();
        }
    ),
        ("shop.stock", s => s.AddHandlers<Stock>()), ("shop.cards", s => s.AddHandlers<Cards>()), ("shop.books", s => s.AddHandlers<Books>()));
}
