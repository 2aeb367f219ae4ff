using System.Net;
using System.Net.Http.Json;

namespace Skald.Packages.Tests;

/// <summary>What a person says to a trip.</summary>
internal enum Verdict
{
    Approved,
    TurnedDown,
    Nothing,
}

/// <summary>A trip that is asked for, and how it is meant to go.</summary>
internal sealed record TravelTrip(string Number, string Flight, string Room, string Car, int Price, Verdict Verdict)
{
    /// <summary>The bank declines what is dearer than that.</summary>
    public const int Limit = 5000;

    /// <summary>Whether it has to turn back; one may turn back as well because the last seat is taken, or a kill made it miss a deadline.</summary>
    public bool MustTurnBack => Verdict != Verdict.Approved || Price > Limit;

    /// <summary>Whether it wants something of which there are two.</summary>
    public bool WantsWhatIsRare => Flight == "SK9" || Room == "suite" || Car == "convertible";

    /// <summary>Half of all go well, if nothing else happens.</summary>
    public static TravelTrip Numbered(int number) => (number % 10) switch
    {
        0 => Usual(number) with { Flight = "SK9" },
        1 => Usual(number) with { Room = "suite" },
        2 => Usual(number) with { Car = "convertible" },
        3 => Usual(number) with { Price = Limit + 1 },
        4 => Usual(number) with { Verdict = Verdict.TurnedDown },
        5 when number < 30 => Usual(number) with { Verdict = Verdict.Nothing },
        _ => Usual(number),
    };

    private static TravelTrip Usual(int number) => new($"T{number}", number % 3 == 0 ? "SK2" : "SK1", "double", "van", 100 + number, Verdict.Approved);
}

/// <summary>Travellers book for parties, and a person looks at what was booked before, while processes are killed.</summary>
internal sealed class TravelLoad(TravelProcesses processes, TravelAudit audit, int trips, int kills, Random random)
{
    private const int Travellers = 4;
    private const int PartySize = 5;

    private readonly HashSet<int> _kills = [.. Enumerable.Range(0, trips / PartySize).OrderBy(_ => random.Next()).Take(kills)];
    private int _parties;
    private int _asked;

    /// <summary>All that are asked for.</summary>
    public IReadOnlyList<TravelTrip> Trips { get; } = [.. Enumerable.Range(0, trips).Select(TravelTrip.Numbered)];

    /// <summary>How many trips waited for an answer when a process was killed.</summary>
    public long UnderWay { get; private set; }

    public async Task RunAsync()
    {
        await Task.WhenAll(Enumerable.Range(0, Travellers).Select(_ => TravelAsync()));
        Assert.Equal(kills, processes.Kills);
    }

    private async Task TravelAsync()
    {
        TravelTrip[] before = [];
        for (var number = Interlocked.Increment(ref _parties) - 1; number * PartySize < Trips.Count; number = Interlocked.Increment(ref _parties) - 1)
        {
            TravelTrip[] party = [.. Trips.Skip(number * PartySize).Take(PartySize)];
            await (_kills.Contains(number)
                ? processes.KillAndRestartAsync(() => GoOnAsync(before, party), async () => UnderWay += await audit.UnderWayAsync())
                : GoOnAsync(before, party));
            before = party;
        }

        await GoOnAsync(before, []);
    }

    private async Task GoOnAsync(TravelTrip[] booked, TravelTrip[] wishes)
    {
        await Task.WhenAll(booked.Select(LookAtAsync));
        await Task.WhenAll(wishes.Select(BookAsync));
    }

    private async Task BookAsync(TravelTrip trip)
    {
        var body = new { trip.Number, traveller = "Ann", trip.Flight, trip.Room, trip.Car, trip.Price };
        using var answer = await AskAsync(() => Post("/trips", body, trip), HttpStatusCode.Accepted);
    }

    private async Task LookAtAsync(TravelTrip trip)
    {
        if (trip.Verdict == Verdict.Nothing)
        {
            return;
        }

        while (await SeeAsync(trip) is { Status: "running", WaitsFor: not "approval" })
        {
        }

        // Too late for a trip that has turned back.
        using var answer = await AskAsync(
            () => Post($"/trips/{trip.Number}/approval", new { by = "Ben", yes = trip.Verdict == Verdict.Approved }, trip), HttpStatusCode.OK, HttpStatusCode.Conflict);
    }

    private async Task<Seen> SeeAsync(TravelTrip trip)
    {
        using var answer = await AskAsync(() => new HttpRequestMessage(HttpMethod.Get, $"/trips/{trip.Number}"), HttpStatusCode.OK);
        return (await answer.Content.ReadFromJsonAsync<Seen>())!; // It is no JSON null.
    }

    /// <summary>Asks until it is answered: the key makes that safe.</summary>
    private async Task<HttpResponseMessage> AskAsync(Func<HttpRequestMessage> question, params HttpStatusCode[] answers)
    {
        while (true)
        {
            try
            {
                var http = await processes.HttpAsync(Interlocked.Increment(ref _asked));
                using var request = question();
                var response = await http.SendAsync(request);
                if (answers.Contains(response.StatusCode))
                {
                    return response;
                }

                Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
                response.Dispose();
            }
            catch (Exception exception) when (exception is HttpRequestException or ObjectDisposedException or TaskCanceledException or IOException)
            {
                // Killed under us: ask the next one.
            }
        }
    }

    private static HttpRequestMessage Post(string path, object body, TravelTrip trip) =>
        new(HttpMethod.Post, path) { Content = JsonContent.Create(body), Headers = { { "Idempotency-Key", trip.Number } } };

    private sealed record Seen(string Status, string? WaitsFor);
}
