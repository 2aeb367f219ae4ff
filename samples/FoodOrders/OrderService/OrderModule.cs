using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Skald;

namespace FoodOrders.Orders;

/// <summary>Takes orders and runs their sagas.</summary>
public sealed class OrderModule : ServiceModule
{
    /// <inheritdoc/>
    public override string System => "food-orders";

    /// <inheritdoc/>
    public override string Name => "order";

    /// <inheritdoc/>
    public override int? DefaultPort => 5000;

    /// <inheritdoc/>
    public override int? DocumentPort => 8081;

    /// <inheritdoc/>
    public override IEnumerable<Verb> Verbs =>
    [
        new("order_list", "Lists the newest orders with their sagas, newest first.", OrderVerbs.ListAsync)
        {
            Parameters = [VerbParameter.Optional("limit", "How many at most.", 50)],
        },
        new("order_details", "Shows one order with its saga.", OrderVerbs.DetailsAsync)
        {
            Parameters = [VerbParameter.Required<long>("id", "The order's number.")],
        },
    ];

    /// <inheritdoc/>
    public override IJsonTypeInfoResolver Json => OrderJson.Default;

    /// <inheritdoc/>
    public override void Configure(SkaldBuilder skald)
    {
        skald.Services.AddValidation();
        skald.Services.AddSingleton<OrderBook>();
        skald.Services.AddOptions<ApprovalRetries>().BindConfiguration("").ValidateOnStart();
        skald.Services.AddSingleton<IValidateOptions<ApprovalRetries>, ApprovalRetriesValidator>();
        skald.Services.AddSingleton(new DemoOrders(new Random()));
        skald.AddSaga<CreateOrderSaga>()
            .AddSchema(OrderSchema.Sequences)
            .AddSchema(OrderSchema.Orders)
            .AddSchema(OrderSchema.Items);
    }

    /// <inheritdoc/>
    public override void Map(IEndpointRouteBuilder routes, SkaldService service)
    {
        routes.MapDemo(service);
        routes.MapOrders(service);
    }
}
