using System.Data.Common;
using Npgsql;
using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>An open transaction of a projection, which holds the row of its checkpoint.</summary>
internal sealed class PostgresProjectionUnit : IProjectionUnit
{
    private readonly PostgresProjectionStore _store;
    private readonly Session _session;
    private readonly NpgsqlTransaction _transaction;

    private PostgresProjectionUnit(PostgresProjectionStore store, Session session, NpgsqlTransaction transaction, EventPosition position) =>
        (_store, _session, _transaction, Position) = (store, session, transaction, position);

    public DbTransaction Transaction => _transaction;

    public EventPosition Position { get; }

    /// <exception cref="StoreUnavailableException">The server is away, or the tables are gone.</exception>
    public static async ValueTask<PostgresProjectionUnit> BeginAsync(PostgresProjectionStore store, Func<CancellationToken, ValueTask<Session>> open, CancellationToken cancellationToken)
    {
        Session? session = null;
        try
        {
            session = await open(cancellationToken).ConfigureAwait(false);
            var transaction = await session.Connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            var command = new NpgsqlCommand("SELECT tx, number FROM skald_projection FOR UPDATE", session.Connection, transaction);
            await using (command.ConfigureAwait(false))
            {
                var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (row.ConfigureAwait(false))
                {
                    return await row.ReadAsync(cancellationToken).ConfigureAwait(false)
                        ? new PostgresProjectionUnit(store, session, transaction, new EventPosition(row.GetInt64(0), row.GetInt64(1)))
                        : throw new StoreUnavailableException("The projection's checkpoint is gone.");
                }
            }
        }
        catch (Exception exception)
        {
            if (session is not null)
            {
                await session.DisposeAsync().ConfigureAwait(false);
            }

            if (exception is PostgresException error && PostgresProjectionStore.IsMissing(error))
            {
                throw PostgresProjectionStore.Missing(error);
            }

            if (store.Translate(exception) is { } translated)
            {
                throw translated;
            }

            throw;
        }
    }

    /// <summary>Sees that the tables of another schema are at a position, and holds them there.</summary>
    /// <exception cref="SagaConcurrencyException">They are not: another process has made them anew.</exception>
    public async Task ExpectAsync(string schema, EventPosition position, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand($"SELECT tx, number FROM {Identifier.Quoted(schema)}.skald_projection FOR UPDATE", _session.Connection, _transaction);
        await using (command.ConfigureAwait(false))
        {
            var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (row.ConfigureAwait(false))
            {
                if (!await row.ReadAsync(cancellationToken).ConfigureAwait(false) || new EventPosition(row.GetInt64(0), row.GetInt64(1)) != position)
                {
                    throw new SagaConcurrencyException($"The rebuilt tables are not at {position}: another process rebuilds them too.");
                }
            }
        }
    }

    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, _session.Connection, _transaction);
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask CommitAsync(EventPosition position, CancellationToken cancellationToken)
    {
        try
        {
            var command = new NpgsqlCommand("UPDATE skald_projection SET tx = $1, number = $2, problem = NULL WHERE tx = $3 AND number = $4", _session.Connection, _transaction)
            {
                Parameters =
                {
                    new NpgsqlParameter<long> { TypedValue = position.Transaction },
                    new NpgsqlParameter<long> { TypedValue = position.Number },
                    new NpgsqlParameter<long> { TypedValue = Position.Transaction },
                    new NpgsqlParameter<long> { TypedValue = Position.Number },
                },
            };
            await using (command.ConfigureAwait(false))
            {
                if (await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) != 1)
                {
                    // A rebuild has put other tables here since the row was taken.
                    throw new SagaConcurrencyException($"The projection's checkpoint is no longer at {Position}.");
                }
            }

            await _transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (_store.Translate(exception) is { } translated)
        {
            throw translated;
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _transaction.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (PostgresErrors.IsTrouble(exception) || exception is InvalidOperationException)
        {
            // The connection is broken: the server rolls back by itself.
        }

        await _session.DisposeAsync().ConfigureAwait(false);
    }
}
