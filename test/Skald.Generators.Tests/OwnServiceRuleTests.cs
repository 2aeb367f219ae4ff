namespace Skald.Generators.Tests;

public sealed class Rules_of_calls_to_the_own_service
{
    private const string Saga = """

        public sealed class TripSaga : Saga<Trip>
        {
            protected override void Define(SagaBuilder<Trip> saga) => saga.Step("count").Do((t, _) => t).NothingToUndo("counts");
        }

        public static class Service
        {
            public static void Configure(SkaldBuilder service) => service.AddSaga<TripSaga>().Publishes<TripEnded>();
        }
        """;

    [Theory]
    [InlineData("""StartAsync<TripSaga, Trip>(new Trip("T1"))""")]
    [InlineData("""RaiseAsync(default(SagaId), new TripEnded("Ann"))""")]
    [InlineData("CancelAsync(default(SagaId))")]
    [InlineData("ResumeAsync(default)")]
    [InlineData("HoldAsync(default)")]
    [InlineData("ReleaseAsync(default)")]
    [InlineData("ReplayAsync(1)")]
    [InlineData("StartJobAsync(new SagaAct.Retry(), new SagaQuery())")]
    [InlineData("StopJobAsync(default)")]
    [InlineData("SuspendJobAsync(default)")]
    [InlineData("ResumeJobAsync(default)")]
    [InlineData("ExecuteAsync(inner => new ValueTask<int>(1))")]
    [InlineData("WaitAsync(default)")]
    [InlineData("""PublishAsync(new TripEnded("Ann"))""")]
    public async Task Say_what_is_refused_when_it_runs(string call)
    {
        var text = $$"""
            public sealed class Asker(SkaldService service)
            {
                public Task<bool> Ask() => service.ExecuteAsync<bool>(async context =>
                {
                    await service.{|SKALD214:{{call}}|};
                    return true;
                });
            }
            """ + Saga;

        await Told.AtTyping(text);
        await Told.StartAsync(Compiled.Of(Marked.From(text).Source), async started =>
        {
            var asker = started.Assembly.GetType("Asker")!;
            var ask = asker.GetMethod("Ask")!.CreateDelegate<Func<Task<bool>>>(Activator.CreateInstance(asker, started.Service));
            var refused = await Assert.ThrowsAsync<InvalidOperationException>(ask);
            Assert.StartsWith(call.Split('<', '(')[0], refused.Message, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("""
        public sealed class Handlers(SkaldService service)
        {
            public Task Handle(TripEnded e, MessageContext context) => service.{|SKALD214:StartAsync<TripSaga, Trip>(new Trip(e.By))|};
        }
        """)]
    [InlineData("""
        public sealed class Handlers
        {
            private readonly SkaldService _service;

            public Handlers(SkaldService service) => _service = service;

            public Task Handle(TripEnded e, MessageContext context) => _service.{|SKALD214:ResumeAsync(default)|};
        }
        """)]
    public Task Look_into_handlers(string handlers) => Told.AtTyping(handlers + Saga);

    [Theory]
    [InlineData("""
        public sealed class Handlers([Microsoft.Extensions.DependencyInjection.FromKeyedServices("t.other")] SkaldService other)
        {
            public Task Handle(TripEnded e, MessageContext context) => other.ResumeAsync(default);
        }
        """)]
    [InlineData("""
        public sealed class Handlers(SkaldService service)
        {
            public async Task Handle(TripEnded e, MessageContext context) => await service.FindSagaAsync(default);
        }
        """)]
    [InlineData("""
        public sealed class Endpoint(SkaldService service)
        {
            public Task Post(string id) => service.StartAsync<TripSaga, Trip>(new Trip(id));
        }
        """)]
    public Task Say_nothing_of_another_service_of_reading_and_of_code_outside_messages(string code) => Told.AtTyping(code + Saga);
}
