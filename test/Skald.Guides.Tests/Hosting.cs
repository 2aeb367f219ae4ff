using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Skald.Guides.TalkingByKey;
using Xunit;

// The README's registration, and that of docs/guides/retention.md, security.md, asyncapi.md.
namespace Skald.Guides.Hosting;

[Command("tickets.create", To = "restaurant")]
public sealed record CreateTicket(int Order) : ICommand<TicketCreated>;

public sealed record TicketCreated(int TicketId);

public sealed class TicketHandlers(int id)
{
    public Reply<TicketCreated> Handle(CreateTicket command, MessageContext context)
    {
        // context.Connection and context.Transaction: what is written here is committed with the ledger, or not at all.
        return new TicketCreated(id);          // or: return new Refusal("KitchenClosed", "We open at six.");
    }
}

public static class Program
{
    public static void AddOrders(HostApplicationBuilder builder)
    {
        builder.Services.AddSkald("food-orders.order", s => s
            .UseSqlite("orders.db").UseSqliteBroker("broker.db")
            .AddSaga<CreateOrderSaga>());
    }

    public static void AddRetention(HostApplicationBuilder builder, string database, string broker)
    {
        builder.Services.AddSkald("food-orders.order", skald => skald
            .UsePostgreSql(database).UseRabbitMq(broker).AddSaga<CreateOrderSaga>()
            .Configure(options => options with
            {
                EndedKeptFor = TimeSpan.FromDays(30),
                ArchiveFolder = "/var/lib/orders/archive",
            }));
    }

    public static async Task<RemovedSaga?> HoldAsync(SkaldService orders, SagaId saga)
    {
        await orders.HoldAsync(saga, actor: "ann", reason: "the auditors ask");   // in the timeline, and in SagaSummary.Hold
        await orders.Operations.FindRemovedAsync(saga);                           // null, or when it ended and was removed
        return await orders.Operations.FindRemovedAsync(saga);
    }

    public static void Serve(WebApplicationBuilder builder)
    {
        builder.Services.AddSkaldEdge(new EdgeOptions { Hosts = ["shop.example"] });
        builder.Services.AddSkald("shop.order", s => s.AddSaga<CreateOrderSaga>());
        var app = builder.Build();
        app.UseSkaldEdge(); // first
        app.MapAsyncApi(app.Services.GetRequiredKeyedService<SkaldService>("shop.order"));
    }
}

public sealed class Services_of_a_host
{
    [Fact]
    public void Are_registered_as_the_guides_say()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        Program.AddOrders(builder);
        Assert.Contains(builder.Services, service => Equals(service.ServiceKey, "food-orders.order"));
        Program.AddRetention(Host.CreateEmptyApplicationBuilder(null), "Host=127.0.0.1;Database=skald", "amqp://127.0.0.1/skald");
        Program.Serve(WebApplication.CreateSlimBuilder());
    }

    [Fact]
    public async Task A_saga_is_held_until_it_is_released()
    {
        await using var services = await Services.StartAsync(("shop.order", s => s.AddSaga<CreateOrderSaga>()));
        var orders = services["shop.order"];
        var start = await orders.StartAsync<CreateOrderSaga, CreateOrder>(new CreateOrder("4711"));
        Assert.Null(await Program.HoldAsync(orders, start.Id));
        Assert.Equal("ann: the auditors ask", (await orders.Operations.FindSagaAsync(start.Id))!.Summary.Hold);
        Assert.Contains(await orders.Operations.TimelineAsync(start.Id), entry => entry is { Actor: "ann", Reason: "the auditors ask" });
    }
}
