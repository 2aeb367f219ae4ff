using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Skald.PostgreSql;

namespace Skald;

/// <summary>Runs a service on PostgreSQL, version 13 or later.</summary>
public static class SkaldPostgreSqlExtensions
{
    /// <summary>Keeps the service's rows in a schema of its own, made from the service's name; it is created when missing.</summary>
    /// <param name="builder">The service.</param>
    /// <param name="connection">A connection string as Npgsql reads it, or an address such as <c>postgres://user:password@host:5432/database</c>.</param>
    /// <param name="options">How the database is used.</param>
    public static SkaldBuilder UsePostgreSql(this SkaldBuilder builder, string connection, PostgreSqlOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(connection);
        var used = (options ?? new PostgreSqlOptions()).Checked(builder.Ranges(nameof(PostgreSqlOptions)));
        builder.Services.TryAddSingleton<PostgresDatabases>();
        return builder.UseStore(provider => new PostgresStore(
            builder.Service, connection, used, provider.GetRequiredService<TimeProvider>(), Logger(provider), provider.GetRequiredService<PostgresDatabases>()));
    }

    /// <summary>
    /// Carries the service's messages through tables that all services of a system share. In the same database as the
    /// service's rows, receiving, deciding and sending are one transaction.
    /// </summary>
    /// <param name="builder">The service.</param>
    /// <param name="connection">A connection string as Npgsql reads it, or an address such as <c>postgres://user:password@host:5432/database</c>.</param>
    /// <param name="options">How the database is used.</param>
    public static SkaldBuilder UsePostgreSqlBroker(this SkaldBuilder builder, string connection, PostgreSqlOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(connection);
        var used = (options ?? new PostgreSqlOptions()).Checked(builder.Ranges(nameof(PostgreSqlOptions)));
        builder.Services.TryAddSingleton<PostgresDatabases>();
        builder.Services.TryAddSingleton<PostgresBrokers>();
        return builder.UseTransport(provider =>
            provider.GetRequiredService<PostgresBrokers>().Get(connection, used, Logger(provider)));
    }

    /// <summary>Keeps a projection's rows in a schema of its own, named for the projection; any server will do, not only that of the events.</summary>
    /// <param name="builder">The projection.</param>
    /// <param name="connection">A connection string as Npgsql reads it, or an address such as <c>postgres://user:password@host:5432/database</c>.</param>
    /// <param name="options">How the database is used; <see cref="PostgreSqlOptions.Schema"/> names another schema.</param>
    public static ProjectionBuilder UsePostgreSql(this ProjectionBuilder builder, string connection, PostgreSqlOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(connection);
        var used = (options ?? new PostgreSqlOptions()).Checked(builder.Ranges(nameof(PostgreSqlOptions)));
        // Beside a service on another kind of database it has connections of its own.
        return builder.UseStore((provider, projection) => new PostgresProjectionStore(
            projection.Name, connection, used, builder.Service, provider.GetService<PostgresDatabases>() ?? new PostgresDatabases()));
    }

    private static ILogger Logger(IServiceProvider provider) => (provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger("Skald.PostgreSql");
}
