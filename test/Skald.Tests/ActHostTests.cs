using System.Text.Json;
using Skald.Decisions;
using Xunit;

namespace Skald.Tests;

/// <summary>What people do to sagas of a service that runs.</summary>
public sealed class An_act_on_a_saga_of_a_service
{
    private const string Trips = "t.trips";

    [Theory, EveryBackend]
    public async Task Is_done_once_of_many_that_saw_the_same_version(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        var saga = await StartedAsync(host);
        var preview = await host[Trips].PreviewAsync(saga, new SagaAct.Pause());
        Assert.Equal((null, SagaStatus.Running, SagaStatus.Parked), (preview.Refused, preview.Before, preview.After));
        var asked = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            try
            {
                return (await host[Trips].ActAsync(saga, new SagaAct.Pause(), new ActOptions { ExpectedVersion = preview.Version, Actor = $"operator {i}" })).Refused;
            }
            catch (SagaMovedOnException moved)
            {
                return $"moved on from {moved.Expected}";
            }
        }));
        Assert.Single(asked, answer => answer is null);
        Assert.Equal(19, asked.Count(answer => answer == $"moved on from {preview.Version}"));
        Assert.Single(await host[Trips].Operations.TimelineAsync(saga), entry => entry.Kind == JournalKind.Parked);
    }

    [Theory, EveryBackend]
    public async Task Is_said_beforehand_without_a_trace(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        var saga = await StartedAsync(host);
        var before = await host[Trips].Operations.FindSagaAsync(saga);
        var timeline = (await host[Trips].Operations.TimelineAsync(saga)).Count;
        foreach (var act in new SagaAct[] { new SagaAct.Compensate(), new SagaAct.Skip("reserve seat"), new SagaAct.GoOnFrom("reserve seat"), new SagaAct.Retry(), Edit("""{"note":"x"}""") })
        {
            Assert.Null((await host[Trips].PreviewAsync(saga, act)).Refused);
        }

        var after = await host[Trips].Operations.FindSagaAsync(saga);
        Assert.Equal((before!.Summary.Revision, before.Summary.UpdatedAt, before.State!.ToString()), (after!.Summary.Revision, after.Summary.UpdatedAt, after.State!.ToString()));
        Assert.Equal(timeline, (await host[Trips].Operations.TimelineAsync(saga)).Count);
    }

    [Theory, EveryBackend]
    public async Task Has_a_participant_asked_again_as_for_another_step(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        await using var rooms = await Wire.StartAsync(host[Trips], "t.rooms.commands");
        var saga = await StartedAsync(host);
        var first = (await seats.NextAsync()).Envelope!;
        await seats.SendAsync(Wire.Answer(first), new SeatReserved("1A"));
        await rooms.NextAsync();

        var done = await host[Trips].ActAsync(saga, new SagaAct.GoOnFrom("reserve seat"), new ActOptions { Actor = "ann", Reason = "a better seat" });
        Assert.Equal((null, SagaStatus.Compensating), (done.Refused, done.Status));
        // The room may be booked: it is cancelled first.
        await rooms.SendAsync(Wire.Answer((await rooms.NextAsync()).Envelope!), Done.Instance);
        await seats.SendAsync(Wire.Answer((await seats.NextAsync()).Envelope!), Done.Instance);
        var again = (await seats.NextAsync()).Envelope!;
        Assert.Equal(("reserve seat~2", 2, false), (again.Step, again.Attempt, again.Undo));
        Assert.NotEqual(first.Secret, again.Secret);

        // An answer of the round before is none in this one; the right one is, also after the saga was stored and read again.
        await seats.SendAsync(Wire.Answer(first), new SeatReserved("1A"));
        await seats.SendAsync(Wire.Answer(again), new SeatReserved("2B"));
        var room = (await rooms.NextAsync()).Envelope!;
        Assert.Equal("book room~2", room.Step);
        Assert.Equal("2B", (await host[Trips].FindSagaAsync(saga))!.State.GetProperty("seat").GetString());
        Assert.Contains(await host[Trips].Operations.TimelineAsync(saga), e => e is { Kind: JournalKind.GoesOnFrom, Step: "reserve seat", Actor: "ann", Reason: "a better seat" });
    }

    [Theory, EveryBackend]
    public async Task That_makes_no_sense_spoils_nothing_that_is_done_with_it(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        var sagas = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => StartedAsync(host)));
        var wrong = sagas.Select(saga => host[Trips].ActAsync(saga, Edit("""{"nobody":1}""")));
        var right = sagas.Select(saga => host[Trips].ActAsync(saga, Edit("""{"note":"by hand"}"""), new ActOptions { Reason = "a test" }));
        var asked = wrong.Concat(right).ToList();
        await Task.WhenAll(asked.Select(async act => await act.ContinueWith(_ => true, TestContext.Current.CancellationToken, TaskContinuationOptions.None, TaskScheduler.Default)));
        Assert.Equal(6, asked.Count(act => act.IsCompletedSuccessfully));
        Assert.All(asked.Where(act => act.IsFaulted), act => Assert.Contains("'nobody'", Assert.IsType<ArgumentException>(act.Exception!.InnerException).Message, StringComparison.Ordinal));
        foreach (var saga in sagas)
        {
            Assert.Equal("by hand", (await host[Trips].FindSagaAsync(saga))!.State.GetProperty("note").GetString());
        }

        await Assert.ThrowsAsync<KeyNotFoundException>(() => host[Trips].ActAsync(default, new SagaAct.Retry()));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => host[Trips].PreviewAsync(default, new SagaAct.Retry()));
    }

    private static Task<Host> StartAsync(Ground ground) => Host.StartAsync(ground, (Trips, s => s.AddTestSaga(TripSagas.Linear)));

    private static async Task<SagaId> StartedAsync(Host host) => (await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;

    private static SagaAct.EditState Edit(string patch) => new(JsonDocument.Parse(patch).RootElement);
}
