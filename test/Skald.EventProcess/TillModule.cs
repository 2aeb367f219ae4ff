using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Skald.EventProcess;

/// <summary>The bank as a service with HTTP.</summary>
/// <param name="rows">The file of its projection.</param>
public sealed class TillModule(string rows) : ServiceModule
{
    /// <inheritdoc/>
    public override string System => "tills";

    /// <inheritdoc/>
    public override string Name => "bank";

    /// <inheritdoc/>
    public override int? DefaultPort => 8000;

    /// <inheritdoc/>
    public override void Configure(SkaldBuilder skald)
    {
        ArgumentNullException.ThrowIfNull(skald);
        skald.AddAggregate<TillAggregate>().AddProjection<TillList>(p => p.UseSqlite(rows));
    }

    /// <inheritdoc/>
    public override void Map(IEndpointRouteBuilder routes, SkaldService service) =>
        routes.MapPost("/{till}/{amount:int}", async (string till, int amount) => Results.Ok(await TillSystem.AppendAsync(service, till, amount)));
}
