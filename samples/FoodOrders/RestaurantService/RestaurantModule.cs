using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Skald;

namespace FoodOrders.Restaurants;

/// <summary>Keeps the kitchen's tickets.</summary>
public sealed class RestaurantModule : ServiceModule
{
    /// <inheritdoc/>
    public override string System => "food-orders";

    /// <inheritdoc/>
    public override string Name => "restaurant";

    /// <inheritdoc/>
    public override int? DefaultPort => 8083;

    /// <inheritdoc/>
    public override string RoutePrefix => $"{System}/{Name}";

    /// <inheritdoc/>
    public override IEnumerable<Verb> Verbs =>
    [
        new("ticket_list", "Lists the tickets, newest first.", async verb => await TicketList.ReadAsync(verb.Services.GetRequiredService<IDbContextFactory<KitchenContext>>(), verb.CancellationToken)),
    ];

    /// <inheritdoc/>
    public override void Configure(SkaldBuilder skald)
    {
        skald.Services.AddOptions<ApprovalFailureOptions>().BindConfiguration("").ValidateOnStart();
        skald.Services.AddSingleton<IValidateOptions<ApprovalFailureOptions>, ApprovalFailureOptionsValidator>();
        skald.Services.AddSingleton(services => new ApprovalFailures(services.GetRequiredService<IOptions<ApprovalFailureOptions>>(), new Random()));
        skald.AddHandlers<TicketHandlers>()
            .AddSchema(TicketSchema.Sequences)
            .AddSchema(TicketSchema.Tickets)
            .AddSkaldDbContext<KitchenContext>(KitchenContext.Use);
    }
}
