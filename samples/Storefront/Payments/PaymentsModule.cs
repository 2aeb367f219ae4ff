using System.Text.Json.Serialization.Metadata;
using Skald;

namespace Storefront.Payments;

/// <summary>Writes invoices.</summary>
public sealed class PaymentsModule : ServiceModule
{
    /// <inheritdoc/>
    public override string System => Services.System;

    /// <inheritdoc/>
    public override string Name => Services.Payments;

    /// <inheritdoc/>
    public override int? DefaultPort => 8093;

    /// <inheritdoc/>
    public override string RoutePrefix => $"{System}/{Name}";

    /// <inheritdoc/>
    public override IEnumerable<Verb> Verbs =>
    [
        new("payment_list", "Lists the newest invoices, newest first.", async verb =>
            await Invoices.AllAsync(verb.Service, Limit.Of(verb), verb.CancellationToken)) { Parameters = [Limit.Parameter] },
        new("data_init", "Deletes the invoices.", async verb => await verb.Service.ExecuteAsync(async context => await Invoices.ResetAsync(context))),
    ];

    /// <inheritdoc/>
    public override IJsonTypeInfoResolver Json => PaymentsJson.Default;

    /// <inheritdoc/>
    public override void Configure(SkaldBuilder skald)
    {
        ArgumentNullException.ThrowIfNull(skald);
        skald.AddOrderFlow().AddHandlers<PaymentsHandlers>().AddSchema(Invoices.Schema);
    }
}
