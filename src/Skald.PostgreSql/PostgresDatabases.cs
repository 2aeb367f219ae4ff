namespace Skald.PostgreSql;

/// <summary>One <see cref="PostgresDatabase"/> for each database that a process uses, with each user and each set of timeouts; shared by all services in it.</summary>
/// <remarks>Safe for use by many threads.</remarks>
internal sealed class PostgresDatabases
{
    private readonly Lock _lock = new();
    private readonly Dictionary<PostgresAddress.Sharing, (PostgresDatabase Database, int Users)> _databases = [];

    /// <summary>Takes a share in it, which is given back by <see cref="PostgresDatabase.ReleaseAsync"/>.</summary>
    public PostgresDatabase Share(PostgresAddress address)
    {
        lock (_lock)
        {
            var (database, users) = _databases.GetValueOrDefault(address.SharedBy);
            database ??= new PostgresDatabase(this, address);
            _databases[address.SharedBy] = (database, users + 1);
            return database;
        }
    }

    /// <summary>Gives a share back.</summary>
    /// <returns>Whether it was the last one.</returns>
    public bool Release(PostgresAddress address)
    {
        lock (_lock)
        {
            var (database, users) = _databases[address.SharedBy];
            if (users > 1)
            {
                _databases[address.SharedBy] = (database, users - 1);
                return false;
            }

            return _databases.Remove(address.SharedBy);
        }
    }
}
