using Dapper;
using Microsoft.Data.Sqlite;

namespace Travel.Provider;

public sealed record Payment(string Key, string Trip, long Amount, string Status, long Calls);

/// <summary>The bank's own books: one line for each key.</summary>
public sealed class Ledger(string file)
{
    private const int Limit = 5000;

    public void Create()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        using var books = Open();
        books.Execute("PRAGMA journal_mode = WAL");
        books.Execute("CREATE TABLE IF NOT EXISTS payments (key TEXT PRIMARY KEY, trip TEXT NOT NULL, amount INTEGER NOT NULL, status TEXT NOT NULL, calls INTEGER NOT NULL DEFAULT 1)");
    }

    /// <summary>The first call for a key decides; later ones are told what it did.</summary>
    public string Charge(string key, string trip, int amount)
    {
        using var books = Open();
        return books.QuerySingle<string>(
            """
            INSERT INTO payments (key, trip, amount, status) VALUES (@key, @trip, @amount, @status)
            ON CONFLICT (key) DO UPDATE SET calls = calls + 1
            RETURNING status
            """,
            new { key, trip, amount, status = amount > Limit ? "declined" : "charged" });
    }

    /// <summary>Also of what was not charged: it cannot be from now on.</summary>
    public void Refund(string key)
    {
        using var books = Open();
        books.Execute("INSERT INTO payments (key, trip, amount, status) VALUES (@key, '', 0, 'refunded') ON CONFLICT (key) DO UPDATE SET status = 'refunded'", new { key });
    }

    public IReadOnlyList<Payment> Payments()
    {
        using var books = Open();
        return [.. books.Query<Payment>("SELECT key, trip, amount, status, calls FROM payments ORDER BY trip")];
    }

    private SqliteConnection Open()
    {
        var books = new SqliteConnection($"Data Source={file}");
        books.Open();
        return books;
    }
}
