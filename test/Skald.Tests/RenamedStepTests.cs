using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

/// <summary>A step is renamed while it is open, or before it is undone: its messages keep the name they began with.</summary>
public sealed class A_step_that_is_renamed
{
    [Theory, EveryBackend]
    public async Task Is_undone_where_it_was_done(Backend backend)
    {
        using var ground = new Ground(backend) { HostsDie = true };
        var desk = new SeatDesk();
        SagaId saga;
        await using (var before = await StartAsync(ground, desk, Definition("reserve seat", "book room")))
        {
            await using var rooms = await Wire.StartAsync(before["t.trips"], "t.rooms.commands");
            saga = (await before["t.trips"].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
            // The seat is reserved when the room is asked for.
            await rooms.NextAsync();
        }

        await using var after = await StartAsync(ground, desk, Definition("take a seat|reserve seat", "book suite|book room"));
        await using var later = await Wire.StartAsync(after["t.trips"], "t.rooms.commands");
        Task<SagaSnapshot> ended = after["t.trips"].WaitAsync(saga);
        await RefuseAsync(later, after, ended);
        Assert.Equal(SagaStatus.Compensated, (await ended).Status);
        Assert.Equal((1, 1), (desk.Reserved, desk.Released));
    }

    [Theory, EveryBackend]
    public async Task Is_asked_again_under_the_id_it_was_asked_under_and_takes_its_answer(Backend backend)
    {
        using var ground = new Ground(backend) { HostsDie = true };
        Envelope asked;
        SagaId saga;
        await using (var before = await StartAsync(ground, new SeatDesk(), Definition("reserve seat", "book room")))
        {
            await using var rooms = await Wire.StartAsync(before["t.trips"], "t.rooms.commands");
            saga = (await before["t.trips"].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
            asked = (await rooms.NextAsync()).Envelope!;
        }

        await using var after = await StartAsync(ground, new SeatDesk(), Definition("reserve seat", "book suite|book room"));
        await using var later = await Wire.StartAsync(after["t.trips"], "t.rooms.commands");
        var again = later.NextAsync();
        await Eventually.HoldsAsync("it is asked again", () => Task.FromResult(again.IsCompleted), after.Time, TimeSpan.FromSeconds(1));
        Assert.Equal((asked.Id, asked.Step), ((await again).Envelope!.Id, (await again).Envelope!.Step));
        await later.SendAsync(Wire.Answer(asked), new RoomBooked("101"));
        Assert.Equal(SagaStatus.Completed, (await after["t.trips"].WaitAsync(saga)).Status);
    }

    private static async Task RefuseAsync(Wire rooms, Host host, Task<SagaSnapshot> ended)
    {
        while (!ended.IsCompleted)
        {
            var next = rooms.NextAsync();
            await Eventually.HoldsAsync("it is asked again, or has ended", () => Task.FromResult(next.IsCompleted || ended.IsCompleted), host.Time, TimeSpan.FromSeconds(1));
            if (next.IsCompleted)
            {
                await rooms.SendAsync(Wire.Answer((await next).Envelope!, MessageKind.Refusal), new Refusal("Full", "no rooms left"));
            }
        }
    }

    private static Task<Host> StartAsync(Ground ground, SeatDesk desk, TestSaga definition)
    {
        var services = new Action<SkaldBuilder>(s => Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions.AddSingleton(s.Services, desk));
        return Host.StartAsync(ground, ("t.trips", s => s.AddTestSaga(definition)), ("t.seats", s =>
        {
            services(s);
            s.AddHandlers<SeatDesk>();
        }));
    }

    private static TestSaga Definition(string first, string second) => new(
        saga =>
        {
            Named(saga, first, step => step.Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t with { Seat = r.Seat }).Undo(t => new ReleaseSeat(t.Id)));
            Named(saga, second, step => step.Send(t => new BookRoom(t.Id)).OnReply((t, r) => t with { Room = r.Room }).NothingToUndo("a test"));
        },
        "renamed");

    private static void Named(SagaBuilder<Trip> saga, string names, Func<IStepStart<Trip>, IStep> define)
    {
        var all = names.Split('|');
        var step = define(saga.Step(all[0]));
        foreach (var name in all.Skip(1))
        {
            step.Formerly(name);
        }
    }
}
