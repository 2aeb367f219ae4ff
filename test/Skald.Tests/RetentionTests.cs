using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Skald.Decisions;
using Skald.Messaging;
using Skald.Runtime;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

/// <summary>What becomes of sagas some time after their end, and of what others know of them.</summary>
public sealed class A_saga_that_has_ended
{
    private const string Trips = "t.trips";
    private const string Seats = "t.seats";

    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(2);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly SeatDesk _desk = new();

    private static TestSaga Trip => new(
        saga =>
        {
            saga.Key(t => t.Id);
            saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id)).Within(TimeSpan.FromHours(1));
            saga.WaitFor<TripApproved>("approval").OnEvent((t, e) => t with { Approver = e.By });
            saga.Step("check").Do((t, _) => t.Approver == "nobody" ? new Refusal("NotApproved", "nobody approves") : t).NothingToUndo("it changes nothing");
        },
        "kept");

    private Task<Host> StartAsync(Ground ground, Func<SkaldOptions, SkaldOptions>? options = null, ILoggerFactory? log = null) => Host.StartAsync(
        ground,
        (Trips, s =>
        {
            if (log is not null)
            {
                s.Services.AddSingleton(log);
            }

            s.AddTestSaga(Trip).Configure(o => (options ?? (x => x))(o with { EndedKeptFor = KeptFor, CopiesComeWithin = TimeSpan.FromDays(1) }));
        }),
        (Seats, s =>
        {
            s.Services.AddSingleton(_desk);
            s.AddHandlers<SeatDesk>().Configure(o => o with { CopiesComeWithin = TimeSpan.FromDays(1) });
        }));

    private static async Task<SagaId> CompleteAsync(SkaldService trips, string trip)
    {
        var saga = (await trips.StartAsync<TestSaga, Trip>(new Trip(trip))).Id;
        await trips.RaiseAsync(saga, new TripApproved("Ann"));
        await trips.WaitAsync(saga);
        return saga;
    }

    private static Task RemovedAsync(Host host, SagaId saga) =>
        Eventually.HoldsAsync("it is removed", async () => await host[Trips].Operations.FindSagaAsync(saga) is null, host.Time, Hour);

    private static async Task<int> LedgerAsync(Host host, params SagaId[] sagas)
    {
        var request = new LoadRequest();
        request.Ledger.UnionWith(sagas.Select(saga => new LedgerKey(saga.Value, "reserve seat", host[Trips].Engine.Secrets.Of(saga, "reserve seat"))));
        await using var store = await host.Ground.AnotherStoreAsync(Seats);
        await using var unit = await store.BeginAsync(request, default);
        return unit.Loaded.Ledger.Count;
    }

    [Theory, EveryBackend]
    public async Task Is_removed_after_its_time_with_its_timeline_and_known_to_have_been_there(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        var trips = host[Trips];
        var saga = await CompleteAsync(trips, "T1");
        var ended = (await trips.Operations.FindSagaAsync(saga))!.Summary.EndedAt!.Value;
        host.Time.Advance(KeptFor - Hour);
        await CompleteAsync(trips, "T2");
        Assert.NotNull(await trips.Operations.FindSagaAsync(saga));
        await RemovedAsync(host, saga);

        Assert.Empty(await trips.Operations.TimelineAsync(saga));
        var removed = await trips.Operations.FindRemovedAsync(saga);
        Assert.Equal((saga, "kept", "T1", SagaStatus.Completed, ended), removed is null ? default : (removed.Id, removed.Definition, removed.Key!, removed.Status, removed.EndedAt));
        Assert.True(removed!.RemovedAt >= ended + KeptFor);
        Assert.Null(await trips.FindSagaAsync<TestSaga>("T1"));
        Assert.NotNull(await trips.FindSagaAsync<TestSaga>("T2"));
        Assert.Null(await trips.Operations.FindRemovedAsync(new SagaId(Guid.AllBitsSet)));
        await Eventually.HoldsAsync("it is not known any more", async () => await trips.Operations.FindRemovedAsync(saga) is null, host.Time, TimeSpan.FromDays(10));
    }

    [Theory, EveryBackend]
    public async Task Stays_while_somebody_holds_it_and_so_do_those_that_have_not_ended(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        var trips = host[Trips];
        var (held, gone) = (await CompleteAsync(trips, "T1"), await CompleteAsync(trips, "T2"));
        var open = (await trips.StartAsync<TestSaga, Trip>(new Trip("T3"))).Id;
        var parked = await ParkedAsync(host, "T4");
        await trips.HoldAsync(held, "ann", "the auditors ask");
        Assert.Equal("ann: the auditors ask", (await trips.Operations.FindSagaAsync(held))!.Summary.Hold);
        await Assert.ThrowsAsync<KeyNotFoundException>(() => trips.HoldAsync(new SagaId(Guid.AllBitsSet)));
        await RemovedAsync(host, gone);
        host.Time.Advance(100 * KeptFor);
        await RemovedAsync(host, await CompleteAsync(trips, "T5"));
        Assert.NotNull(await trips.Operations.FindSagaAsync(held));
        Assert.Equal(SagaStatus.Running, (await trips.Operations.FindSagaAsync(open))!.Summary.Status);
        Assert.Equal(SagaStatus.Parked, (await trips.Operations.FindSagaAsync(parked))!.Summary.Status);

        await trips.ReleaseAsync(held, "ann", "they have seen it");
        Assert.Contains(await trips.Operations.TimelineAsync(held), t => t is { Kind: JournalKind.Held, Actor: "ann", Reason: "the auditors ask" });
        await RemovedAsync(host, held);
        var why = await Assert.ThrowsAsync<KeyNotFoundException>(() => trips.HoldAsync(held));
        Assert.Contains("was removed on", why.Message, StringComparison.Ordinal);
    }

    [Theory, EveryBackend]
    public async Task Is_removed_when_there_are_too_many(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground, o => o with { MostEndedKept = 2 });
        var sagas = new List<SagaId>();
        for (var n = 0; n < 5; n++)
        {
            sagas.Add(await CompleteAsync(host[Trips], $"T{n}"));
            host.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await Eventually.HoldsAsync("two are left", async () => (await host[Trips].Operations.SagasAsync(new SagaQuery())).Sagas.Count == 2, host.Time, TimeSpan.FromMinutes(1));
        Assert.Equal(sagas.TakeLast(2).Reverse(), (await host[Trips].Operations.SagasAsync(new SagaQuery())).Sagas.Select(s => s.Id));
    }

    [Theory, EveryBackend]
    public async Task Is_forgotten_by_its_participants_when_no_copy_can_come_any_more(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await using var wire = await Wire.StartAsync(host[Seats], "t.test.replies");
        var saga = await CompleteAsync(host[Trips], "T1");
        await RemovedAsync(host, saga);
        await Eventually.HoldsAsync("its participant is told", async () => (await host[Seats].Operations.DelayedAsync()).Count == 1);

        // At the horizon a copy is still known.
        var horizon = (await host[Seats].Operations.DelayedAsync()).Single().Due;
        host.Time.Advance(horizon - host.Time.GetUtcNow() - TimeSpan.FromSeconds(1));
        Assert.Equal(1, await LedgerAsync(host, saga));
        await wire.SendAsync(Wire.ReserveSeat(saga, "t.test.replies") with { Secret = host[Trips].Engine.Secrets.Of(saga, "reserve seat") }, new ReserveSeat("T1"));
        Assert.Equal(MessageKind.Reply, (await wire.NextAsync()).Envelope!.Kind);
        Assert.Equal(1, _desk.Reserved);

        await Eventually.HoldsAsync("it has forgotten it", async () => await LedgerAsync(host, saga) == 0, host.Time, Hour);
        Assert.Empty(await host[Seats].Operations.DelayedAsync());
        Assert.Empty(await host[Seats].Operations.DeadLettersAsync());
    }

    [Theory, EveryBackend]
    public async Task Is_remembered_by_a_participant_that_has_a_message_of_it_among_its_dead_letters(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        var trips = host[Trips];
        _desk.Failing["T1"] = true;
        var saga = (await trips.StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        await Eventually.HoldsAsync("it has turned back", async () => (await trips.FindSagaAsync(saga))!.Status == SagaStatus.Compensated, host.Time, TimeSpan.FromSeconds(5));
        var letter = Assert.Single(await host[Seats].Operations.DeadLettersAsync());
        await RemovedAsync(host, saga);
        await Eventually.HoldsAsync("its participant is told", async () => (await host[Seats].Operations.DelayedAsync()).Count == 1);
        for (var day = 0; day < 5; day++)
        {
            host.Time.Advance(TimeSpan.FromDays(1));
            await Eventually.HoldsAsync("it was looked at", async () => (await host[Seats].Operations.DelayedAsync()) is [{ } waiting] && waiting.Due > host.Time.GetUtcNow(), host.Time, TimeSpan.FromSeconds(10));
        }

        // Whoever replays it now does no harm.
        _desk.Failing.Clear();
        await host[Seats].ReplayAsync(letter.Number);
        await Eventually.HoldsAsync("it is handled", async () => (await host[Seats].Operations.DelayedAsync()) is [{ Envelope.Type: "skald.forget" }], host.Time, TimeSpan.FromSeconds(1));
        Assert.Equal(0, _desk.Reserved);
        await Eventually.HoldsAsync("it is forgotten after that", async () => await LedgerAsync(host, saga) == 0, host.Time, Hour);
        Assert.Equal(0, _desk.Reserved);
    }

    [Theory, EveryBackend]
    public async Task Is_not_forgotten_because_somebody_says_so_who_does_not_know_its_secrets(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await using var wire = await Wire.StartAsync(host[Seats], "t.test.replies");
        var saga = await CompleteAsync(host[Trips], "T1");
        var forged = new Envelope { Id = new Guid(9, 9, 9, new byte[8]), Type = "skald.forget", Kind = MessageKind.Command, Source = "t.trips", Destination = "t.seats.commands", Time = default };
        await wire.SendAsItIsAsync((forged, new ForgottenSteps([new(saga.Value, "reserve seat", default), new(saga.Value, "reserve seat", saga.Value)])));
        await wire.SendAsItIsAsync((forged with { Id = new Guid(9, 9, 10, new byte[8]) }, "{}"u8.ToArray()));
        await wire.SendAsItIsAsync((forged with { Id = new Guid(9, 9, 11, new byte[8]) }, "{\"steps\":[null,{\"saga\":1}]}"u8.ToArray()));
        await wire.SendAsItIsAsync((forged with { Id = new Guid(9, 9, 12, new byte[8]) }, "{\"steps\":[null]}"u8.ToArray()));
        await Eventually.HoldsAsync("what cannot be read is a dead letter at once", async () => (await host[Seats].Operations.DeadLettersAsync()).Count(l => l.Reason.StartsWith("not believed: it cannot be read", StringComparison.Ordinal)) == 3);
        await Eventually.HoldsAsync("it is done", async () => (await host[Seats].Operations.DelayedAsync()).Count == 0, host.Time, Hour);
        Assert.Equal(1, await LedgerAsync(host, saga));
    }

    [Theory, EveryBackend]
    public async Task Is_forgotten_although_another_must_not_be_that_is_told_of_at_the_same_time(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await using var wire = await Wire.StartAsync(host[Seats], "t.test.replies");
        SagaId[] sagas = [new(new Guid(1, 1, 1, new byte[8])), new(new Guid(2, 1, 1, new byte[8]))];
        _desk.Failing["T0"] = true;
        await wire.SendAsync([.. sagas.Select((saga, n) => (Wire.ReserveSeat(saga, "t.test.replies"), (object)new ReserveSeat($"T{n}")))]);
        await Eventually.HoldsAsync("one is a dead letter", async () => (await host[Seats].Operations.DeadLettersAsync()).Count == 1, host.Time, TimeSpan.FromSeconds(5));
        await wire.SendAsItIsAsync([.. sagas.Select((saga, n) => (
            new Envelope { Id = new Guid(8, 8, (short)n, new byte[8]), Type = "skald.forget", Kind = MessageKind.Command, Source = "t.trips", Destination = "t.seats.commands", Time = default },
            (object)new ForgottenSteps([new(saga.Value, "reserve seat", default)])))]);
        await Eventually.HoldsAsync("both wait", async () => (await host[Seats].Operations.DelayedAsync()).Count == 2);
        await Eventually.HoldsAsync("one is forgotten", async () => (await host[Seats].Operations.DelayedAsync()).Count == 1, host.Time, Hour);
        Assert.Contains("1 of their steps", Assert.Single(await host[Seats].Operations.DelayedAsync()).Reason, StringComparison.Ordinal);

        await using var store = await ground.AnotherStoreAsync(Seats);
        await using var unit = await store.BeginAsync(new LoadRequest { Ledger = { new LedgerKey(sagas[1].Value, "reserve seat") } }, default);
        Assert.Empty(unit.Loaded.Ledger);
    }

    [Theory, EveryBackend]
    public async Task Is_told_nothing_any_more_when_it_is_gone(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await using var wire = await Wire.StartAsync(host[Seats], "t.test.replies");
        var trips = host[Trips];
        var saga = await CompleteAsync(trips, "T1");
        var late = Wire.Answer(Wire.ReserveSeat(saga, "t.trips.replies") with { Secret = trips.Engine.Secrets.Of(saga, "reserve seat") });
        await RemovedAsync(host, saga);
        using var counted = new MetricCount("skald.messages.late", Trips);
        await wire.SendAsync(late, new SeatReserved("1A"));
        await Eventually.HoldsAsync("it is counted", () => Task.FromResult(counted.Value == 1));
        Assert.Empty(await trips.Operations.DeadLettersAsync());
        Assert.Equal(EventOutcome.TooLate, await trips.RaiseAsync(saga, new TripApproved("Ann")));
        Assert.Equal(EventOutcome.Unknown, await trips.RaiseAsync(new SagaId(Guid.AllBitsSet), new TripApproved("Ann")));
        Assert.Contains("was removed on", (await Assert.ThrowsAsync<KeyNotFoundException>(() => trips.CancelAsync(saga))).Message, StringComparison.Ordinal);
    }

    [Theory, EveryBackend]
    public async Task Is_written_down_before_it_is_removed_and_stays_while_that_cannot_be_done(Backend backend)
    {
        using var log = new LogLines();
        using var ground = new Ground(backend);
        using var folder = new TempFolder();
        var archive = folder.File("archive");
        await File.WriteAllTextAsync(archive, "a file where the folder should be");
        await using var host = await StartAsync(ground, o => o with { ArchiveFolder = archive }, log);
        var trips = host[Trips];
        var saga = await CompleteAsync(trips, "T1");
        var back = await StartedAndRefusedAsync(trips, "T2");
        await Eventually.HoldsAsync("it is said", () => Task.FromResult(log.Lines.Any(l => l.Contains("cannot be archived", StringComparison.Ordinal))), host.Time, Hour);
        Assert.NotNull(await trips.Operations.FindSagaAsync(saga));
        var torn = Directory.CreateDirectory(folder.File("torn")).FullName;
        // Somebody died in the middle of a line, today or on one of the days to come.
        for (var day = 0; day < 10; day++)
        {
            await File.WriteAllTextAsync(Path.Combine(torn, $"t.trips-{host.Time.GetUtcNow().AddDays(day):yyyy-MM-dd}.ndjson"), "{\"kind\":\"sa");
        }

        File.Delete(archive);
        Directory.CreateDirectory(archive);
        // The service may have begun a file already: then it is whole.
        foreach (var file in Directory.GetFiles(torn).Where(file => !File.Exists(Path.Combine(archive, Path.GetFileName(file)))))
        {
            File.Move(file, Path.Combine(archive, Path.GetFileName(file)));
        }

        await RemovedAsync(host, saga);
        await RemovedAsync(host, back);

        var lines = Directory.GetFiles(archive, "t.trips-*.ndjson").SelectMany(File.ReadAllLines).Where(line => line != "{\"kind\":\"sa").Select(line => JsonDocument.Parse(line).RootElement).ToDictionary(e => e.GetProperty("id").GetGuid());
        Assert.Equal(2, lines.Count);
        var line = lines[saga.Value];
        Assert.Equal(("saga", "t.trips", "kept", "T1", "completed"), (Text("kind"), Text("service"), Text("definition"), Text("key"), Text("status")));
        Assert.Equal("Ann", line.GetProperty("state").GetProperty("approver").GetString());
        Assert.Equal("Completed", line.GetProperty("timeline").EnumerateArray().Last().GetProperty("what").GetString());
        Assert.Equal("NotApproved", lines[back.Value].GetProperty("failure").GetProperty("type").GetString());

        string? Text(string name) => line.GetProperty(name).GetString();
    }

    /// <summary>Finding C9.</summary>
    [Theory, EveryBackend]
    public async Task Is_parked_when_its_participant_does_not_know_what_it_is_to_undo(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        var saga = await ParkedAsync(host, "T1");
        Assert.Equal(0, _desk.Released);
        Assert.Contains(await host[Trips].Operations.TimelineAsync(saga), t => t.Detail?.Contains("remembers nothing of it", StringComparison.Ordinal) == true);
    }

    [Theory, EveryBackend]
    public async Task Is_undone_as_ever_by_whoever_was_never_heard_of_its_action(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(new TestSaga(
            saga => saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id)).Within(TimeSpan.FromMinutes(1)), "lost"))));
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"));
        Assert.False((await seats.NextAsync()).Envelope!.WasDone);
        await Eventually.HoldsAsync("it is undone", () => Task.FromResult(seats.Waiting > 0), host.Time, TimeSpan.FromSeconds(2));
        var undo = (await seats.NextAsync()).Envelope!;
        Assert.True(undo is { Undo: true, WasDone: false });
    }

    private static async Task<SagaId> StartedAndRefusedAsync(SkaldService trips, string trip)
    {
        var saga = (await trips.StartAsync<TestSaga, Trip>(new Trip(trip))).Id;
        await trips.RaiseAsync(saga, new TripApproved("nobody"));
        await trips.WaitAsync(saga);
        return saga;
    }

    /// <summary>One whose participant has lost what it knew.</summary>
    private static async Task<SagaId> ParkedAsync(Host host, string trip)
    {
        var trips = host[Trips];
        var saga = (await trips.StartAsync<TestSaga, Trip>(new Trip(trip))).Id;
        await Eventually.HoldsAsync("it waits", async () => (await trips.FindSagaAsync(saga))!.Step == "approval");
        await LoseLedgerAsync(host, saga);
        await trips.RaiseAsync(saga, new TripApproved("nobody"));
        await Eventually.HoldsAsync("it is parked", async () => (await trips.FindSagaAsync(saga))!.Status == SagaStatus.Parked, host.Time, TimeSpan.FromMinutes(1));
        return saga;
    }

    private static async Task LoseLedgerAsync(Host host, SagaId saga)
    {
        var key = new LedgerKey(saga.Value, "reserve seat", host[Trips].Engine.Secrets.Of(saga, "reserve seat"));
        await using var store = await host.Ground.AnotherStoreAsync(Seats);
        var request = new LoadRequest { Ledger = { key } };
        await using var unit = await store.BeginAsync(request, default);
        var changes = new Changes();
        changes.Forgotten.Add(key);
        await unit.CommitAsync(changes, default);
    }
}
