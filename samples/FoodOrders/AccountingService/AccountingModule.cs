using System.Text.Json.Serialization.Metadata;
using FoodOrders.CardProvider;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Skald;

namespace FoodOrders.Accounting;

/// <summary>Sets money aside on cards, and gives it back.</summary>
public sealed class AccountingModule : ServiceModule
{
    /// <inheritdoc/>
    public override string System => "food-orders";

    /// <inheritdoc/>
    public override string Name => "accounting";

    /// <inheritdoc/>
    public override int? DefaultPort => 8084;

    /// <inheritdoc/>
    public override string RoutePrefix => $"{System}/{Name}";

    /// <inheritdoc/>
    public override IEnumerable<Verb> Verbs =>
    [
        new("authorization_list", "Lists the authorizations, newest first.", async verb => await AuthorizationList.ReadAsync(verb.Service, verb.CancellationToken)),
    ];

    /// <inheritdoc/>
    public override IJsonTypeInfoResolver Json => AccountingJson.Default;

    /// <inheritdoc/>
    public override void Configure(SkaldBuilder skald)
    {
        skald.Services.AddOptions<CardProviderOptions>().BindConfiguration("").ValidateOnStart();
        skald.Services.AddSingleton<IValidateOptions<CardProviderOptions>, CardProviderOptionsValidator>();
        skald.Services.AddSingleton<CardProviderAddress>();
        skald.Services.AddSingleton<CardProviderClient>();
        skald.Services.AddCardProvider();
        skald.AddHandlers<CardHandlers>()
            .AddSchema(AuthorizationSchema.Sequences)
            .AddSchema(AuthorizationSchema.Authorizations);
    }

    /// <summary>Hosts the fake provider, unless another one is named.</summary>
    public override void Map(IEndpointRouteBuilder routes, SkaldService service)
    {
        var services = routes.ServiceProvider;
        if (services.GetRequiredService<IOptions<CardProviderOptions>>().Value.Elsewhere is null)
        {
            var settings = services.GetRequiredService<SkaldSettings>();
            var folder = Path.Combine(settings.Data, System, "card-provider");
            routes.MapGroup("/card-provider").MapCardProvider(new CardLedger(folder, services.GetRequiredService<TimeProvider>()));
        }
    }
}
