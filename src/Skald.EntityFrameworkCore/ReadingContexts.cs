using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Skald.EntityFrameworkCore;

/// <summary>Makes contexts for what is not part of a message: each has a connection of its own, which ends with it.</summary>
internal sealed class ReadingContexts<TContext>(Contexts<TContext> contexts, string service, IServiceProvider provider) : IDbContextFactory<TContext> where TContext : DbContext
{
    /// <inheritdoc/>
    public TContext CreateDbContext() => CreateDbContextAsync().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public async Task<TContext> CreateDbContextAsync(CancellationToken cancellationToken = default)
    {
        var connection = await provider.GetRequiredKeyedService<SkaldService>(service).OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return contexts.On(connection, owned: true, provider);
        }
        catch (Exception)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
