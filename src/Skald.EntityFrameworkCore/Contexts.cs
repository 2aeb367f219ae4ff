using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace Skald.EntityFrameworkCore;

/// <summary>Makes the contexts of one class, each on a connection that there is already.</summary>
/// <param name="configure">Names the provider.</param>
internal sealed class Contexts<TContext>(Action<DbContextOptionsBuilder, DbConnection> configure) where TContext : DbContext
{
    private readonly ObjectFactory<TContext> _create = ActivatorUtilities.CreateFactory<TContext>([typeof(DbContextOptions<TContext>)]);

    /// <summary>The context of a call, which ends with it.</summary>
    /// <exception cref="InvalidOperationException">The scope is not one of a call.</exception>
    public TContext InCall(string service, IServiceProvider scope)
    {
        var current = scope.GetRequiredService<CurrentCall>();
        if (current.HasNoTransaction)
        {
            return _create(scope, [new DbContextOptionsBuilder<TContext>().Options]);
        }

        var call = current.Context ?? throw new InvalidOperationException(
            $"{typeof(TContext).Name} was asked for outside a message. To read, take IDbContextFactory<{typeof(TContext).Name}>; to write, use ExecuteAsync of service '{service}', and the context of its scope.");
        var context = On(call.Connection, owned: false, scope);
        context.Database.UseTransaction(call.Transaction);
        return context;
    }

    /// <summary>Builds the model and what EF needs for a statement: that takes a second where nothing is compiled yet, and would else be the first message's, whose saga waits for it.</summary>
    public async Task WarmUpAsync(IServiceProvider provider, DbConnection connection, CancellationToken cancellationToken)
    {
        var context = On(connection, owned: false, provider);
        await using (context.ConfigureAwait(false))
        {
            _ = context.Model;
            await context.Database.ExecuteSqlRawAsync("SELECT 1", cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A context on a connection.</summary>
    /// <param name="connection">An open one.</param>
    /// <param name="owned">Whether it ends with the context.</param>
    /// <param name="provider">Where the context's other parameters come from.</param>
    /// <param name="historyIn">The schema of the table of migrations; null for the provider's own.</param>
    public TContext On(DbConnection connection, bool owned, IServiceProvider provider, string? historyIn = null)
    {
        var builder = new DbContextOptionsBuilder<TContext>();
        builder.UseApplicationServiceProvider(provider);
        configure(builder, connection);
        var relational = RelationalOptionsExtension.Extract(builder.Options).WithConnection(connection, owned);
        ((IDbContextOptionsBuilderInfrastructure)builder).AddOrUpdateExtension(historyIn is null ? relational : relational.WithMigrationsHistoryTableSchema(historyIn));
        return _create(provider, [builder.Options]);
    }
}
