using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Skald.Packages.Tests;

/// <summary>What the audit found.</summary>
internal sealed record TravelReport(int Completed, int Compensated, int TimedOut, int Payments, long Calls, IReadOnlyList<string> Problems)
{
    public override string ToString() =>
        $"{Completed} completed, {Compensated} compensated ({TimedOut} by a deadline), {Payments} payments in {Calls} calls; {Problems.Count} problems"
        + string.Concat(Problems.Take(20).Select(p => "\n  " + p));
}

/// <summary>Compares how each trip ended with what flights, hotel, cars and the bank have in their books.</summary>
/// <param name="connect">A connection to a service's database.</param>
/// <param name="books">The bank's file.</param>
internal sealed class TravelAudit(Func<string, DbConnection> connect, string books)
{
    private const int Completed = 2;
    private const int Compensated = 3;

    private static readonly string[] s_services = ["trips", "flights", "hotel", "cars", "payments"];
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    /// <summary>How many trips have asked somebody and not heard yet.</summary>
    public Task<long> UnderWayAsync() => CountAsync("trips", "SELECT count(*) FROM skald_sagas WHERE incarnation IS NOT NULL AND steps NOT LIKE '%approval\tW%'");

    /// <summary>Waits until all trips have ended, and nothing is to be sent or tried again.</summary>
    public async Task RestsAsync(int trips)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        using var limit = new CancellationTokenSource(s_patience);
        while (await CountAsync("trips", $"SELECT count(*) FROM skald_sagas WHERE status IN ({Completed}, {Compensated})") < trips || await LeftAsync() > 0)
        {
            try
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"After {s_patience} some trips are still under way: {string.Join(", ", await RowsAsync<string>("trips", $"SELECT business_key FROM skald_sagas WHERE status NOT IN ({Completed}, {Compensated})"))}");
            }
        }
    }

    public async Task<TravelReport> CheckAsync(IReadOnlyList<TravelTrip> trips)
    {
        var problems = new List<string>();
        var ends = (await RowsAsync<(string Trip, long Status, string? Failure)>("trips", "SELECT business_key, CAST(status AS bigint), failure_type FROM skald_sagas")).ToLookup(end => end.Trip);
        var effects = new Dictionary<string, ILookup<string, string>>
        {
            ["seat"] = await EffectsAsync("flights", "SELECT trip, flight FROM seats"),
            ["room"] = await EffectsAsync("hotel", """SELECT "Trip", "Room" FROM "Bookings" """),
            ["car"] = await EffectsAsync("cars", "SELECT trip, car FROM rentals"),
            ["ticket"] = await EffectsAsync("flights", "SELECT trip, ticket FROM tickets"),
            ["confirmation"] = await EffectsAsync("trips", "SELECT trip, letter FROM confirmations"),
        };
        var payments = await PaymentsAsync();
        effects["charge"] = payments.Where(p => p.Status == "charged").ToLookup(p => p.Trip, p => $"{p.Amount}");

        foreach (var trip in trips)
        {
            CheckTrip(trip);
        }

        Expect(ends.Count == trips.Count, $"{ends.Count} sagas for {trips.Count} trips");
        Expect(await CountAsync("flights", "SELECT (SELECT sum(free) FROM flights) + (SELECT count(*) FROM seats)") == 302, "seats were lost or found");
        Expect(await CountAsync("hotel", """SELECT (SELECT sum("Free") FROM "Rooms") + (SELECT count(*) FROM "Bookings")""") == 202, "rooms were lost or found");
        Expect(await CountAsync("cars", "SELECT (SELECT sum(free) FROM cars) + (SELECT count(*) FROM rentals)") == 202, "cars were lost or found");
        foreach (var service in s_services)
        {
            var dead = await RowsAsync<string>(service, "SELECT reason FROM skald_dead_letters");
            Expect(dead.Count == 0, $"{service} has dead letters: {string.Join(", ", dead)}");
        }

        var all = ends.SelectMany(end => end).ToList();
        return new TravelReport(
            all.Count(e => e.Status == Completed), all.Count(e => e.Status == Compensated), all.Count(e => e.Failure == "Timeout"), payments.Count, payments.Sum(p => p.Calls), problems);

        void CheckTrip(TravelTrip trip)
        {
            if (ends[trip.Number].ToList() is not [var end])
            {
                problems.Add($"{trip.Number} has {ends[trip.Number].Count()} sagas");
                return;
            }

            var held = string.Join(", ", effects.SelectMany(effect => effect.Value[trip.Number].Select(what => $"{effect.Key} {what}")));
            var due = end.Status == Completed
                ? $"seat {trip.Flight}, room {trip.Room}, car {trip.Car}, ticket {trip.Flight}-{trip.Number}, confirmation Dear Ann, your ticket is {trip.Flight}-{trip.Number}., charge {trip.Price}"
                : "";
            Expect(held == due, $"{trip.Number} (status {end.Status}, {end.Failure}) has '{held}' instead of '{due}'");
            Expect(!trip.MustTurnBack || end.Status == Compensated, $"{trip} has status {end.Status}");
            Expect(trip.MustTurnBack || trip.WantsWhatIsRare || end.Status == Completed || end.Failure == "Timeout", $"{trip} has status {end.Status} because of {end.Failure}");
        }

        void Expect(bool holds, string otherwise)
        {
            if (!holds)
            {
                problems.Add(otherwise);
            }
        }
    }

    private async Task<ILookup<string, string>> EffectsAsync(string service, string sql) =>
        (await RowsAsync<(string Trip, string What)>(service, sql)).ToLookup(row => row.Trip, row => row.What);

    private async Task<List<(string Trip, long Amount, string Status, long Calls)>> PaymentsAsync()
    {
        await using var connection = new SqliteConnection($"Data Source={books};Pooling=false");
        return [.. await connection.QueryAsync<(string, long, string, long)>("SELECT trip, amount, status, calls FROM payments")];
    }

    private async Task<long> LeftAsync()
    {
        var left = 0L;
        foreach (var service in s_services)
        {
            left += await CountAsync(service, "SELECT (SELECT count(*) FROM skald_outbox) + (SELECT count(*) FROM skald_delayed)");
        }

        return left;
    }

    private async Task<long> CountAsync(string service, string sql) => (await RowsAsync<long>(service, sql)).Single();

    private async Task<List<T>> RowsAsync<T>(string service, string sql)
    {
        await using var connection = connect(service);
        return [.. await connection.QueryAsync<T>(sql)];
    }
}
