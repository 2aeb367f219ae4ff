using System.Text.Json.Serialization.Metadata;
using Skald;

namespace Storefront.Janitor;

/// <summary>Has undone what failed.</summary>
public sealed class JanitorModule : ServiceModule
{
    /// <inheritdoc/>
    public override string System => Services.System;

    /// <inheritdoc/>
    public override string Name => Services.Janitor;

    /// <inheritdoc/>
    public override int? DefaultPort => 8094;

    /// <inheritdoc/>
    public override string RoutePrefix => $"{System}/{Name}";

    /// <inheritdoc/>
    public override IEnumerable<Verb> Verbs =>
    [
        new("cancellation_list", "Lists the newest cancellations, newest first.", async verb =>
            await Cancellations.AllAsync(verb.Service, Limit.Of(verb), verb.CancellationToken)) { Parameters = [Limit.Parameter] },
    ];

    /// <inheritdoc/>
    public override IJsonTypeInfoResolver Json => JanitorJson.Default;

    /// <inheritdoc/>
    public override void Configure(SkaldBuilder skald)
    {
        ArgumentNullException.ThrowIfNull(skald);
        skald.AddOrderFlow().AddSaga<CancelOrderSaga>().AddHandlers<JanitorHandlers>();
    }
}
