using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Skald.Sqlite;

namespace Skald;

/// <summary>Runs a service on SQLite files.</summary>
public static class SkaldSqliteExtensions
{
    /// <summary>Keeps the service's rows in a SQLite file; the file and its folder are created when missing.</summary>
    /// <param name="builder">The service.</param>
    /// <param name="file">The database file of this one service.</param>
    /// <param name="options">How the file is used; the defaults are durable.</param>
    public static SkaldBuilder UseSqlite(this SkaldBuilder builder, string file, SqliteOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        var used = (options ?? new SqliteOptions()).Checked(builder.Ranges(nameof(SqliteOptions)));
        return builder.UseStore(provider => new SqliteStore(Path.GetFullPath(file), used, Logger(provider)));
    }

    /// <summary>Carries the service's messages through a SQLite file that all services of a system share, in this process and in others.</summary>
    /// <param name="builder">The service.</param>
    /// <param name="file">The broker's file.</param>
    /// <param name="options">How the file is used; the defaults are durable.</param>
    public static SkaldBuilder UseSqliteBroker(this SkaldBuilder builder, string file, SqliteOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        var used = (options ?? new SqliteOptions()).Checked(builder.Ranges(nameof(SqliteOptions)));
        builder.Services.TryAddSingleton<SqliteBrokers>();
        return builder.UseTransport(provider =>
            provider.GetRequiredService<SqliteBrokers>().Get(Path.GetFullPath(file), used, provider.GetRequiredService<TimeProvider>(), Logger(provider)));
    }

    /// <summary>Keeps a projection's rows in a SQLite file of their own, or one that it shares with other projections.</summary>
    /// <param name="builder">The projection.</param>
    /// <param name="file">The database file; it and its folder are created when missing.</param>
    /// <param name="options">How the file is used; the defaults are durable.</param>
    public static ProjectionBuilder UseSqlite(this ProjectionBuilder builder, string file, SqliteOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        var used = (options ?? new SqliteOptions()).Checked(builder.Ranges(nameof(SqliteOptions)));
        return builder.UseStore((_, projection) => new SqliteProjectionStore(builder.Service, projection.Name, Path.GetFullPath(file), used));
    }

    private static ILogger Logger(IServiceProvider provider) => (provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger("Skald.Sqlite");
}
