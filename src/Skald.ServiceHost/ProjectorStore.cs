using Microsoft.Extensions.DependencyInjection;

namespace Skald;

/// <summary>Gives projections the database that the process was started with.</summary>
public static class ProjectorStore
{
    /// <summary>Keeps the projection's rows in the projector database: <c>--projector-store</c>, <c>SKALD_PROJECTOR_STORE</c>, or else beside the service's own.</summary>
    /// <param name="builder">The projection.</param>
    /// <param name="module">The service whose events it follows.</param>
    public static ProjectionBuilder UseProjectorStore(this ProjectionBuilder builder, ServiceModule module)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(module);
        return builder.UseStore((provider, projection) => provider.GetRequiredService<SkaldSettings>().Projector(module, projection));
    }
}
