using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

/// <summary>What a saga keeps is what its code made of it, however the code is written.</summary>
public sealed class A_saga_that_is_stored
{
    private const string Trips = "t.trips";

    [Theory, EveryBackend]
    public async Task Keeps_what_its_code_changed_in_place(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddSaga<NotingSaga>()));
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        await using var rooms = await Wire.StartAsync(host[Trips], "t.rooms.commands");
        var start = await host[Trips].StartAsync<NotingSaga, Notes>(new Notes());
        await seats.SendAsync(Wire.Answer((await seats.NextAsync()).Envelope!), new SeatReserved("12A"));
        var booking = await rooms.NextAsync();
        Assert.Equal("12A", Wire.Read<BookRoom>(booking).Trip);
        await rooms.SendAsync(Wire.Answer(booking.Envelope!), new RoomBooked("7"));
        var saga = await host[Trips].WaitAsync(start.Id);
        Assert.Equal(["12A", "room 7"], saga.State.GetProperty("lines").EnumerateArray().Select(l => l.GetString()));
    }

    [Theory, EveryBackend]
    public async Task Starts_with_the_state_it_was_given_whatever_a_failed_attempt_made_of_it(Backend backend)
    {
        var tries = 0;
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, (Trips, s =>
        {
            Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions.AddSingleton(s.Services, new FailingOnce(() => ++tries));
            s.AddSaga<FailingOnce>();
        }));
        var start = await host[Trips].StartAsync<FailingOnce, Notes>(new Notes());
        await Eventually.HoldsAsync("it is completed", async () => (await host[Trips].FindSagaAsync(start.Id))!.Status == SagaStatus.Completed, host.Time, TimeSpan.FromSeconds(1));
        Assert.Equal(["try 2"], (await host[Trips].FindSagaAsync(start.Id))!.State.GetProperty("lines").EnumerateArray().Select(l => l.GetString()));
    }

    [Theory, EveryBackend]
    public async Task Goes_on_with_the_key_it_has_when_a_new_program_finds_none_in_its_state(Backend backend)
    {
        using var ground = new Ground(backend);
        SagaId saga;
        await using (var before = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Keyed(t => t.Id)))))
        {
            saga = (await before[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        }

        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Keyed(t => t.Note!.Trim()))));
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        await seats.SendAsync(Wire.Answer((await seats.NextAsync()).Envelope!), new SeatReserved("12A"));
        Assert.Equal(SagaStatus.Completed, (await host[Trips].WaitAsync(saga)).Status);
        Assert.Equal(saga, Assert.Single((await host[Trips].Operations.SagasAsync(new SagaQuery { Key = "T1" })).Sagas).Id);
        // A new one would have no key at all.
        await Assert.ThrowsAnyAsync<NullReferenceException>(() => host[Trips].StartAsync<TestSaga, Trip>(new Trip("T2")));
    }

    [Theory, EveryBackend]
    public async Task Is_found_by_a_key_that_is_too_long_to_be_kept_whole(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Keyed(t => t.Id))));
        var key = new string('k', 199) + char.ConvertFromUtf32(0x1F600) + new string('k', 300);
        var start = await host[Trips].StartAsync<TestSaga, Trip>(new Trip(key));
        Assert.Equal(start.Id, Assert.Single((await host[Trips].Operations.SagasAsync(new SagaQuery { Key = key })).Sagas).Id);
        Assert.Equal(1, (await host[Trips].Operations.CountSagasAsync(new SagaQuery { Key = key })).Value);
    }

    [Theory, EveryBackend]
    public async Task Reads_an_early_event_as_its_service_reads_messages(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.UseJson(Weights.Resolver).AddSaga<WeighedSaga>()));
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        var start = await host[Trips].StartAsync<WeighedSaga, Trip>(new Trip("T1"));
        await host[Trips].RaiseAsync(start.Id, new Weighed(new Weight(12.5m)));
        await seats.SendAsync(Wire.Answer((await seats.NextAsync()).Envelope!), new SeatReserved("12A"));
        var saga = await host[Trips].WaitAsync(start.Id);
        Assert.Equal((SagaStatus.Completed, "12.5"), (saga.Status, saga.State.GetProperty("note").GetString()));
    }

    [Theory, EveryBackend]
    public async Task Is_written_as_JSON_once_while_its_state_stays_the_same(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddSaga<CountedSaga>()));
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        await using var rooms = await Wire.StartAsync(host[Trips], "t.rooms.commands");
        var counter = $"{backend}";
        var start = await host[Trips].StartAsync<CountedSaga, Counted>(new Counted(new Count(counter)));
        await seats.SendAsync(Wire.Answer((await seats.NextAsync()).Envelope!), new SeatReserved("12A"));
        await rooms.SendAsync(Wire.Answer((await rooms.NextAsync()).Envelope!), new RoomBooked("7"));
        Assert.Equal(SagaStatus.Completed, (await host[Trips].WaitAsync(start.Id)).Status);
        Assert.Equal(1, CountWriter.Writes[counter]);
    }

    private static TestSaga Keyed(Func<Trip, string> key) => new(
        saga =>
        {
            saga.Key(key);
            saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t with { Seat = r.Seat }).Undo(t => new ReleaseSeat(t.Id));
        },
        "keyed");

    public sealed class Notes
    {
        public List<string> Lines { get; init; } = [];
    }

    public sealed class FailingOnce(Func<int> tries) : Saga<Notes>
    {
        protected override void Define(SagaBuilder<Notes> saga) => saga.Step("note").Do((notes, _) =>
        {
            var now = tries();
            notes.Lines.Add($"try {now}");
            return now > 1 ? notes : throw new TimeoutException("busy");
        }).NothingToUndo("a test");
    }

    public sealed class NotingSaga : Saga<Notes>
    {
        protected override void Define(SagaBuilder<Notes> saga)
        {
            saga.Step("reserve seat").Send(_ => new ReserveSeat("T1")).OnReply((notes, reply) => Note(notes, reply.Seat)).NothingToUndo("a test");
            saga.Step("book room").Send(notes => new BookRoom(notes.Lines[0])).OnReply((notes, reply) => Note(notes, "room " + reply.Room)).NothingToUndo("a test");
        }

        private static Notes Note(Notes notes, string line)
        {
            notes.Lines.Add(line);
            return notes;
        }
    }

    [JsonConverter(typeof(CountWriter))]
    public readonly record struct Count(string Of);

    public sealed record Counted(Count Count);

    public sealed class CountedSaga : Saga<Counted>
    {
        protected override void Define(SagaBuilder<Counted> saga)
        {
            saga.Step("reserve seat").Send(_ => new ReserveSeat("T1")).NothingToUndo("a test");
            saga.Step("book room").Send(_ => new BookRoom("T1")).NothingToUndo("a test");
        }
    }

    /// <summary>Counts how often a value is written.</summary>
    private sealed class CountWriter : JsonConverter<Count>
    {
        public static ConcurrentDictionary<string, int> Writes { get; } = new();

        public override Count Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, Count value, JsonSerializerOptions options)
        {
            Writes.AddOrUpdate(value.Of, 1, (_, n) => n + 1);
            writer.WriteStringValue(value.Of);
        }
    }

    public readonly record struct Weight(decimal Kilograms);

    [Event("WEIGHED")]
    public sealed record Weighed(Weight Weight) : IEvent;

    public sealed class WeighedSaga : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga)
        {
            saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
            saga.WaitFor<Weighed>("weigh").OnEvent((t, e) => t with { Note = e.Weight.Kilograms.ToString(CultureInfo.InvariantCulture) });
        }
    }

    /// <summary>Writes a weight as a text, in this service only.</summary>
    private sealed class Weights : JsonConverter<Weight>
    {
        public static IJsonTypeInfoResolver Resolver { get; } = new DefaultJsonTypeInfoResolver
        {
            Modifiers =
            {
                info =>
                {
                    foreach (var property in info.Properties.Where(p => p.PropertyType == typeof(Weight)))
                    {
                        property.CustomConverter = new Weights();
                    }
                },
            },
        };

        public override Weight Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(decimal.Parse(reader.GetString()!.Split(' ')[0], CultureInfo.InvariantCulture));

        public override void Write(Utf8JsonWriter writer, Weight value, JsonSerializerOptions options) =>
            writer.WriteStringValue(string.Create(CultureInfo.InvariantCulture, $"{value.Kilograms} kg"));
    }
}
