using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Routing;
using Skald;

namespace Storefront.Frontend;

/// <summary>Takes orders, and follows each to its end: it owns their flow.</summary>
public sealed class FrontendModule : ServiceModule
{
    /// <inheritdoc/>
    public override string System => Services.System;

    /// <inheritdoc/>
    public override string Name => Services.Frontend;

    /// <inheritdoc/>
    public override int? DefaultPort => 8080;

    /// <inheritdoc/>
    public override IEnumerable<Verb> Verbs => FrontendVerbs.All;

    /// <inheritdoc/>
    public override IJsonTypeInfoResolver Json => FrontendJson.Default;

    /// <inheritdoc/>
    public override void Configure(SkaldBuilder skald)
    {
        ArgumentNullException.ThrowIfNull(skald);
        skald.AddOrderFlow().AddHandlers<FrontendHandlers>().AddSaga<DataInitSaga>()
            .AddSchema(OrderBook.OrdersSchema).AddSchema(OrderBook.ChangedIndex)
            .AddSchema(OrderBook.SequencesSchema).AddSchema(OrderBook.FirstSequence);
    }

    /// <inheritdoc/>
    public override void Map(IEndpointRouteBuilder routes, SkaldService service)
    {
        routes.MapOrders(service);
        routes.MapPage();
    }
}
