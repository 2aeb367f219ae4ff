using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace Skald.EntityFrameworkCore;

/// <summary>Applies a context's migrations when its service opens its database.</summary>
internal sealed class Migration<TContext>(Contexts<TContext> contexts) where TContext : DbContext
{
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public async Task RunAsync(IServiceProvider provider, DbConnection connection, CancellationToken cancellationToken)
    {
        var context = contexts.On(connection, owned: false, provider, await SchemaOfAsync(connection, cancellationToken).ConfigureAwait(false));
        await using (context.ConfigureAwait(false))
        {
            if (!context.Database.GetMigrations().Any())
            {
                throw new InvalidOperationException(
                    $"{typeof(TContext).Name} is to be migrated, and has no migrations. Add one with 'dotnet ef migrations add', or create its tables with AddSchema(...) and add it with migrate: false.");
            }

            await context.Database.MigrateAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Services that share a PostgreSQL have a schema each, which their connections name; EF's table of migrations would be in 'public' for all of them.</summary>
    private static async Task<string?> SchemaOfAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        if (connection.GetType().Namespace != "Npgsql")
        {
            return null;
        }

        var command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = "SELECT current_schema()";
            return (string?)await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
