using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Dapper;
using Npgsql;

namespace Skald.EndToEnd;

/// <summary>Samples whose databases fail in the middle of a query: the requests of a system that is otherwise well.</summary>
public sealed class A_read_of_a_database_that_fails(Servers servers) : IClassFixture<Servers>, IDisposable
{
    /// <summary>Those that read tables of the samples' own; others ask the engine, or nothing, or tell what they remember.</summary>
    private static readonly string[] Readers =
    [
        "/food-orders/orders", "/food-orders/orders/1", "/parking-orchestration/bookings", "/parking-orchestration/bookings/1",
        "/parking-event-sourcing/bookings", "/parking-event-sourcing/bookings/01a1fb88-1a22-7061-9a35-ec203c6b2fd0", "/parking-event-sourcing/slots",
        "/storefront/order", "/storefront/order/01a1fb88-1a22-7061-9a35-ec203c6b2fd0",
    ];

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-failing-");
    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        _data.Delete(recursive: true);
    }

    [Fact]
    public async Task Is_answered_with_503_when_a_file_is_damaged()
    {
        await using var playground = await StartAsync();
        await ShouldAnswerAsync(playground, HttpStatusCode.OK, "well");

        // With its log, and what the processes on it share: nothing is answered from what somebody remembers.
        foreach (var file in _data.EnumerateFiles("*", SearchOption.AllDirectories).Where(f => f.Extension is ".db" or ".db-wal" or ".db-shm" && !f.Name.StartsWith("broker.", StringComparison.Ordinal)))
        {
            using var open = new FileStream(file.FullName, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            open.Write(RandomNumberGenerator.GetBytes((int)file.Length));
        }

        await ShouldAnswerAsync(playground, HttpStatusCode.ServiceUnavailable, "damaged");
    }

    [Fact]
    public async Task Is_answered_with_503_when_the_server_says_that_it_cannot_do_its_work()
    {
        var (address, connection) = await servers.NewDatabaseAsync();
        await using var playground = await StartAsync("--store", address, "--broker", address);
        await ShouldAnswerAsync(playground, HttpStatusCode.OK, "well");

        await using var database = new NpgsqlConnection(connection);
        await database.OpenAsync();
        await FailAsync("00000");
        await database.ExecuteAsync(
            """
            DO $$
            DECLARE t record;
            BEGIN
                FOR t IN SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND schemaname NOT LIKE 'skald%' AND tablename NOT LIKE 'skald%' LOOP
                    EXECUTE format('ALTER TABLE %1$I.%2$I RENAME TO %3$I', t.schemaname, t.tablename, t.tablename || '_below');
                    EXECUTE format('CREATE VIEW %1$I.%2$I AS SELECT * FROM %1$I.%3$I WHERE public.is_well()', t.schemaname, t.tablename, t.tablename || '_below');
                END LOOP;
            END
            $$
            """);

        // A damaged page, index and file; the disk; no memory; a session that is ended; a server that has become another's standby.
        foreach (var state in (string[])["XX001", "XX002", "58P01", "58030", "53200", "57P01", "25006"])
        {
            await FailAsync(state);
            await ShouldAnswerAsync(playground, HttpStatusCode.ServiceUnavailable, state);
        }

        // Its own fault: trying again is no use.
        await FailAsync("22012");
        await ShouldAnswerAsync(playground, HttpStatusCode.InternalServerError, "22012");

        Task<int> FailAsync(string state) => database.ExecuteAsync(
            $"CREATE OR REPLACE FUNCTION public.is_well() RETURNS boolean STABLE LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'it cannot' USING ERRCODE = '{state}'; END $$");
    }

    private Task<SampleProgram> StartAsync(params string[] args) => SampleProgram.StartAsync("Playground", ["--data", _data.FullName, .. args]);

    /// <summary>Readers are answered like this. Everything else that is served is answered, or told to come again.</summary>
    private async Task ShouldAnswerAsync(SampleProgram playground, HttpStatusCode readers, string when)
    {
        foreach (var path in playground.Routes.Where(r => r.Method == "GET" && !r.Pattern.Contains('{', StringComparison.Ordinal) && !r.Pattern.Contains("/run-", StringComparison.Ordinal)).Select(r => r.Pattern).Union(Readers))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(playground.Address, path));
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            var isRight = Readers.Contains(path)
                ? answer.StatusCode == readers || (readers == HttpStatusCode.OK && answer.StatusCode == HttpStatusCode.NotFound)
                : answer.StatusCode == readers || answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable;
            Assert.True(isRight, $"{when}: {path} answered {answer.StatusCode}");
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable && path != "/health/ready")
            {
                Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
                Assert.NotNull(answer.Headers.RetryAfter);
            }
        }
    }
}
