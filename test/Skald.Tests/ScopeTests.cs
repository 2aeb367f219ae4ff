using Microsoft.Extensions.DependencyInjection;
using Skald.Sqlite;
using Xunit;

namespace Skald.Tests;

/// <summary>What a handler needs may be scoped: each message has a scope of its own.</summary>
public sealed class A_handler_with_scoped_services
{
    [Fact]
    public async Task Gets_a_scope_for_each_message_and_leaves_nothing_behind()
    {
        using var ground = new Ground(Backend.Memory);
        var provider = new ServiceCollection().AddSingleton<TimeProvider>(ground.Time).AddSingleton<Counter>().AddScoped<Unit>().AddSkald("t.seats", s =>
        {
            ground.Configure(s);
            s.AddHandlers<Desk>();
        }).BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
        await using var _ = provider;
        var services = provider.GetRequiredService<SkaldServices>();
        await services.ServeAsync(CancellationToken.None);
        await using var wire = await Wire.StartAsync(services["t.seats"], "t.test.replies");
        for (var i = 1; i <= 3; i++)
        {
            await wire.SendAsync(Wire.ReserveSeat(new SagaId(new Guid(i, 5, 5, new byte[8])), "t.test.replies"), new ReserveSeat("T1"));
            Assert.Equal($"{i}", Wire.Read<SeatReserved>(await wire.NextAsync()).Seat);
        }

        var counter = provider.GetRequiredService<Counter>();
        Assert.Equal((3, 3), (counter.Made, counter.Disposed));
        await services["t.seats"].ExecuteAsync(context =>
        {
            Assert.Same(context.Services.GetRequiredService<Unit>(), context.Services.GetRequiredService<Unit>());
            return new ValueTask<bool>(true);
        });
        Assert.Equal((4, 4), (counter.Made, counter.Disposed));
        await services.StopAsync();
    }

    public sealed class Counter
    {
        public int Made { get; set; }

        public int Disposed { get; set; }
    }

    public sealed class Unit : IAsyncDisposable
    {
        private readonly Counter _counter;

        public Unit(Counter counter)
        {
            _counter = counter;
            Number = ++counter.Made;
        }

        public int Number { get; }

        public ValueTask DisposeAsync()
        {
            _counter.Disposed++;
            return default;
        }
    }

    public sealed class Desk(Unit unit)
    {
        public Reply<SeatReserved> Handle(ReserveSeat command, MessageContext context)
        {
            Assert.Same(unit, context.Services.GetRequiredService<Unit>());
            return new SeatReserved($"{unit.Number}");
        }
    }
}

/// <summary>Whatever a service is made of may be registered with any lifetime, and need services of any.</summary>
public sealed class A_definition_with_scoped_services
{
    private const string Service = "t.trips";

    private static readonly string[] Notes = ["made 1 of 1", "undone 1 of 1"];

    [Theory, EveryBackend]
    public async Task Runs_its_local_code_and_undo_on_an_object_of_the_calls_own_scope(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var provider = Provider(ground, services => services.AddScoped<Notebook>(), s => s.AddSaga<NotedSaga>());
        var service = await ServeAsync(provider);
        foreach (var id in new[] { "A", "B" })
        {
            var saga = await service.WaitAsync((await service.StartAsync<NotedSaga, Trip>(new Trip(id))).Id);
            Assert.Equal(SagaStatus.Compensated, saga.Status);
        }

        Assert.Equal([.. Notes.Select(n => $"A {n}"), .. Notes.Select(n => $"B {n}")], provider.GetRequiredService<List<string>>());
        // For each of two sagas a step, its refusal and an undo; and the one whose definition was read.
        var counter = provider.GetRequiredService<A_handler_with_scoped_services.Counter>();
        await provider.DisposeAsync();
        Assert.Equal((7, 7), (counter.Made, counter.Disposed));
    }

    [Fact]
    public async Task Is_one_object_when_it_needs_only_singletons()
    {
        using var ground = new Ground(Backend.Memory);
        await using var provider = Provider(ground, services => services.AddSingleton<Notebook>().AddSingleton<A_handler_with_scoped_services.Unit>(), s => s.AddSaga<NotedSaga>());
        var service = await ServeAsync(provider);
        await service.WaitAsync((await service.StartAsync<NotedSaga, Trip>(new Trip("A"))).Id);
        await service.WaitAsync((await service.StartAsync<NotedSaga, Trip>(new Trip("B"))).Id);
        Assert.Equal(["A made 1 of 1", "A undone 2 of 1", "B made 3 of 1", "B undone 4 of 1"], provider.GetRequiredService<List<string>>());
    }

    [Fact]
    public async Task May_be_transient_and_need_what_is_keyed_or_generic()
    {
        using var ground = new Ground(Backend.Memory);
        await using var provider = Provider(
            ground, services => services.AddTransient<MixedSaga>().AddKeyedScoped<Notebook>("blue").AddScoped(typeof(Shelf<>)).AddTransient<Notebook>(), s => s.AddSaga<MixedSaga>());
        var service = await ServeAsync(provider);
        var saga = await service.WaitAsync((await service.StartAsync<MixedSaga, Trip>(new Trip("A"))).Id);
        Assert.Equal((SagaStatus.Completed, "blue, Shelf`1"), (saga.Status, saga.State.GetProperty("note").GetString()));
    }

    [Fact]
    public async Task Of_a_flow_an_aggregate_and_projections_takes_them_too()
    {
        using var ground = new Ground(Backend.Sqlite);
        using var folder = new TempFolder();
        await using var provider = Provider(ground, services => services.AddScoped<Notebook>(), s => s
            .AddFlow<NotedFlow>().AddAggregate<NotedAggregate>().AddHandlers<NotedHall>()
            .AddProjection<NotedList>(p => p.Inline())
            .AddProjection<LaterList>(p => p.UseSqlite(folder.File("list.db"))));
        var service = await ServeAsync(provider);
        for (var i = 1; i <= 2; i++)
        {
            await Accounts.OpenAsync(service, $"a{i}", "ann");
        }

        await service.Projection("later_list").CatchUpAsync(TestContext.Current.CancellationToken);
        var notes = provider.GetRequiredService<List<string>>();
        Assert.Equal(["noted_list 1 of 1", "noted_list 1 of 1"], notes.Where(n => n.StartsWith("noted", StringComparison.Ordinal)));
        Assert.Contains(notes, n => n.StartsWith("later_list 1 of", StringComparison.Ordinal));
        Assert.DoesNotContain(notes, n => n.Contains(" 2 of", StringComparison.Ordinal));
        var counter = provider.GetRequiredService<A_handler_with_scoped_services.Counter>();
        await provider.DisposeAsync();
        Assert.Equal(counter.Made, counter.Disposed);
    }

    private static ServiceProvider Provider(Ground ground, Action<IServiceCollection> add, Action<SkaldBuilder> configure)
    {
        var services = new ServiceCollection().AddSingleton<TimeProvider>(ground.Time).AddSingleton<A_handler_with_scoped_services.Counter>().AddSingleton<List<string>>();
        add(services);
        if (services.All(d => d.ServiceType != typeof(A_handler_with_scoped_services.Unit)))
        {
            services.AddScoped<A_handler_with_scoped_services.Unit>();
        }

        services.AddSkald(Service, s =>
        {
            ground.Configure(s);
            configure(s);
        });
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
    }

    private static async Task<SkaldService> ServeAsync(ServiceProvider provider)
    {
        var services = provider.GetRequiredService<SkaldServices>();
        await services.ServeAsync(CancellationToken.None);
        return services[Service];
    }

    /// <summary>Says how often it was used.</summary>
    public sealed class Notebook(A_handler_with_scoped_services.Unit unit, List<string> notes)
    {
        private int _used;

        public A_handler_with_scoped_services.Unit Unit => unit;

        public void Write(string what)
        {
            lock (notes)
            {
                notes.Add($"{what} {++_used} of 1");
            }
        }
    }

    public sealed class Shelf<T>(Notebook notebook)
    {
        public string Name => notebook.Unit.Number > 0 ? GetType().Name : "";
    }

    public sealed class NotedSaga(Notebook notebook) : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga)
        {
            saga.Step("note").Do(Make).Undo(Unmake);
            saga.Pivot("refuse").Do((_, _) => new Refusal("No", "")).NothingToUndo("never done");
        }

        private StepResult<Trip> Make(Trip trip, StepContext context)
        {
            // A singleton can have no part in a scope.
            Assert.True(notebook.Unit == context.Services.GetRequiredService<A_handler_with_scoped_services.Unit>());
            notebook.Write($"{trip.Id} made");
            return trip;
        }

        private StepResult<Trip> Unmake(Trip trip, StepContext context)
        {
            notebook.Write($"{trip.Id} undone");
            return trip;
        }
    }

    public sealed class MixedSaga([FromKeyedServices("blue")] Notebook blue, Shelf<Trip> shelf) : Saga<Trip>
    {
        protected override void Define(SagaBuilder<Trip> saga) => saga.Step("note").Do((t, context) =>
        {
            Assert.Same(blue, context.Services.GetRequiredKeyedService<Notebook>("blue"));
            return t with { Note = $"blue, {shelf.Name}" };
        }).NothingToUndo("a note");
    }

    public sealed class NotedFlow(Notebook notebook) : Flow
    {
        protected override void Define(FlowBuilder flow)
        {
            Assert.NotNull(notebook);
            flow.StartsWith<TableAsked>("trips").NothingToUndo("asking changes nothing");
            flow.CompletesWith<TableHeld>("hall");
            flow.After<TableAsked>().Expect<TableHeld>();
        }
    }

    public sealed class NotedHall(Notebook notebook)
    {
        public void Handle(TableHeld held, MessageContext context) => notebook.Write("held");
    }

    public sealed class NotedAggregate(Notebook notebook) : Aggregate<Account>
    {
        protected override void Define(AggregateBuilder<Account> aggregate)
        {
            Assert.NotNull(notebook);
            aggregate.Begins<AccountOpened>(e => new Account(e.Owner, 0));
        }
    }

    public class NotedList(Notebook notebook) : Projection
    {
        public override string Name => "noted_list";

        public override IReadOnlyList<string> Schema => [];

        public override ValueTask ApplyAsync(IReadOnlyList<RecordedEvent> events, ProjectionContext context)
        {
            notebook.Write(Name);
            return default;
        }
    }

    public sealed class LaterList(Notebook notebook) : NotedList(notebook)
    {
        public override string Name => "later_list";
    }
}
