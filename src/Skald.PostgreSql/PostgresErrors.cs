using System.Net.Sockets;
using Npgsql;
using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>Tells trouble with the server from trouble with a statement, and a lost race from both.</summary>
internal static class PostgresErrors
{
    /// <summary>What the engine is told; null when the exception is to go on as it is.</summary>
    public static Exception? Translate(Exception exception, PostgresAddress address) => exception switch
    {
        PostgresException error when IsLostRace(error) => new SagaConcurrencyException($"Another writer was first: {error.MessageText}"),
        PostgresException error when IsOutage(error) => new StoreUnavailableException($"PostgreSQL at {address}: {error.MessageText}", error) { IsAway = error.SqlState.StartsWith("57", StringComparison.Ordinal) },
        PostgresException => null,
        not null when IsCrowded(exception) => new StoreUnavailableException(Crowded(address), exception),
        NpgsqlException or SocketException or TimeoutException => new StoreUnavailableException($"PostgreSQL at {address} cannot be reached: {exception.Message}", exception) { IsAway = exception is not ServerAwayException { IsThere: true } },
        // The connection was closed under our feet.
        ObjectDisposedException or InvalidOperationException { InnerException: NpgsqlException } => new StoreUnavailableException($"PostgreSQL at {address}: {exception.Message}", exception) { IsAway = true },
        _ => null,
    };

    /// <summary>Whether a statement of anybody's failed because of the server. Two at once on one connection are a mistake, and what is not PostgreSQL's is no word of it.</summary>
    public static bool IsOutageOfStatement(Exception exception, PostgresAddress address) => exception is NpgsqlException and not NpgsqlOperationInProgressException
        && (IsDamage(exception) || Translate(exception, address) is StoreUnavailableException);

    /// <summary>A page or a file of the server's is damaged or gone: people have to restore it. What is elsewhere can be worked on.</summary>
    public static bool IsDamage(Exception exception) => exception is PostgresException { SqlState: "XX001" or "XX002" or "58P01" };

    private static bool IsOutage(PostgresException error) =>
        error.SqlState is "57P01" or "57P02" or "57P03" or "57P05" or "25006" or "58030" or "58000" or "3D000"
        || error.SqlState.StartsWith("08", StringComparison.Ordinal) || error.SqlState.StartsWith("53", StringComparison.Ordinal) || error.SqlState.StartsWith("28", StringComparison.Ordinal)
        // The database accepts no connections. As an answer to a statement it is the statement's fault.
        || (error.SqlState == "55000" && error.InvariantSeverity == "FATAL");

    /// <summary>One line for people that names the fix. Never shows the password.</summary>
    public static StoreSetupException Explain(Exception exception, PostgresAddress address) => new(
        MostTelling(exception) switch
        {
            PostgresException { SqlState: "28P01" } => $"PostgreSQL at {address} does not accept the password of user '{address.User}'. Check Username and Password.",
            PostgresException { SqlState: "28000" } error => $"PostgreSQL at {address} does not let user '{address.User}' in: {error.MessageText}. Check Username, and the server's pg_hba.conf.",
            PostgresException { SqlState: "3D000" } => $"There is no database '{address.Database}' on PostgreSQL at {address.HostAndPort}. Create it (createdb {address.Database}), or change Database.",
            PostgresException { SqlState: "42501" } error => $"User '{address.User}' may not set up the tables in {address}: {error.MessageText}. Grant it CREATE on the database (GRANT CREATE ON DATABASE {address.Database} TO {address.User}), or let another user set them up first.",
            PostgresException { SqlState: "53300" } error => $"PostgreSQL at {address} has no connection left: {error.MessageText}. Each process may open {address.MaxConnections}: lower PostgreSqlOptions.MaxConnections, or raise the server's max_connections.",
            PostgresException error => $"PostgreSQL at {address} cannot be set up: {error.MessageText} ({error.SqlState}).",
            _ when IsCrowded(exception) => Crowded(address),
            NpgsqlException { InnerException: SocketException inner } => $"No PostgreSQL answers at {address.HostAndPort}: {inner.Message}. Start it, or change Host and Port.",
            SocketException inner => $"No PostgreSQL answers at {address.HostAndPort}: {inner.Message}. Start it, or change Host and Port.",
            NpgsqlException { InnerException: TimeoutException } or TimeoutException => $"No PostgreSQL answers at {address.HostAndPort} in time. Start it, or change Host and Port.",
            // Such as a certificate that nobody here trusts.
            _ => $"PostgreSQL at {address} cannot be used: {exception.GetBaseException().Message}",
        },
        exception);

    public static bool IsTrouble(Exception exception) => exception is NpgsqlException or SocketException or TimeoutException;

    /// <summary>The connection is of no use any more; another one may be.</summary>
    public static bool IsBroken(Exception exception) =>
        exception is PostgresException error ? error.SqlState is "57P01" or "57P02" or "57P05" : exception is not ServerAwayException && !IsCrowded(exception);

    /// <summary>Whether one of the hosts has answered, and lets nobody in for a reason that is none of an outage: it has no connection left, perhaps.</summary>
    public static bool IsRefusal(Exception exception) => MostTelling(exception) is PostgresException error && !IsBroken(error) && error.SqlState != PostgresErrorCodes.CannotConnectNow;

    /// <summary>The process has all the connections it may have, and others use them: nothing is wrong with the server. Npgsql says it by its text alone.</summary>
    public static bool IsCrowded(Exception exception) => exception is NoConnectionFreeException
        || (exception is NpgsqlException { InnerException: AggregateException ofEachHost } && ofEachHost.InnerExceptions.Any(IsCrowded))
        || (exception is NpgsqlException { InnerException: TimeoutException } && exception.Message.StartsWith("The connection pool has been exhausted", StringComparison.Ordinal));

    private static string Crowded(PostgresAddress address) =>
        $"Of the {address.MaxConnections} connections that this process may have to PostgreSQL at {address}, those that are for this are all in use, and none became free " +
        $"within {address.Patience.TotalSeconds:0} s. Have handlers and readers return sooner, or raise PostgreSqlOptions.MaxConnections, and with it the server's max_connections.";

    /// <summary>Of what each of several hosts said: one that answers says more than one that does not.</summary>
    private static Exception MostTelling(Exception exception) => exception is NpgsqlException { InnerException: AggregateException ofEachHost }
        ? ofEachHost.InnerExceptions.FirstOrDefault(e => e is PostgresException) ?? ofEachHost.InnerExceptions[0]
        : exception;

    // A unique key of the engine's own tables means that another process has inserted the row since it was looked for.
    private static bool IsLostRace(PostgresException error) =>
        error.SqlState is "40001" or "40P01" or "55P03"
        || (error.SqlState == "23505" && error.TableName?.StartsWith("skald_", StringComparison.Ordinal) == true);
}
