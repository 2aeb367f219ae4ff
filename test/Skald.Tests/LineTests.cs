using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Skald.Tests;

public static class LineMessages
{
    [Command("take", To = "t.counter")]
    public sealed record Take(int Number) : ICommand<Done>;

    [Command("free", To = "t.counter")]
    public sealed record Free(int Number) : ICommand<Done>;

    public sealed record Turn(int Number);

    /// <summary>Takes the one key there is, and frees it again.</summary>
    public sealed class OneAfterTheOther : Saga<Turn>
    {
        protected override void Define(SagaBuilder<Turn> saga)
        {
            saga.Step("take").Send(t => new Take(t.Number)).NothingToUndo("the key is freed");
            saga.Step("free").Send(t => new Free(t.Number)).NothingToUndo("it is the last");
        }
    }

    public sealed class Counter
    {
        private readonly HashSet<int> _seen = [];

        /// <summary>In which order they came.</summary>
        public List<int> Came { get; } = [];

        /// <summary>In which order they had it; one whose batch is done again comes twice.</summary>
        public List<int> Had { get; } = [];

        private int _tries;

        public int Tries => _tries;

        public int Attempts { get; private set; }

        public async Task<Reply<Done>> Handle(Take command, MessageContext context)
        {
            _tries++;
            if (_seen.Add(command.Number))
            {
                Came.Add(command.Number);
            }

            await context.Locks.TakeAsync("the key");
            Attempts = Math.Max(Attempts, context.Attempt);
            return Done.Instance;
        }

        public async Task<Reply<Done>> Handle(Free command, MessageContext context)
        {
            Had.Add(command.Number);
            Assert.True(await context.Locks.ReleaseAsync("the key"));
            return Done.Instance;
        }
    }
}

/// <summary>Those who want one key, one after the other.</summary>
public sealed class A_line_for_a_lock(ITestOutputHelper output)
{
    private const string Name = "t.counter";

    private static (string, Action<SkaldBuilder>)[] Services(LineMessages.Counter counter) =>
        [(Name, b =>
        {
            b.Services.AddSingleton(counter);
            b.AddSaga<LineMessages.OneAfterTheOther>().AddHandlers<LineMessages.Counter>();
        })];

    [Theory, EveryBackend]
    public async Task Lets_hundreds_of_sagas_have_it_in_their_order_without_an_attempt_in_vain(Backend backend)
    {
        const int many = 400;
        using var ground = new Ground(backend);
        var counter = new LineMessages.Counter();
        await using var host = await Host.StartAsync(ground, Services(counter));
        var began = TimeProvider.System.GetTimestamp();

        for (var number = 0; number < many; number++)
        {
            await host[Name].StartAsync<LineMessages.OneAfterTheOther, LineMessages.Turn>(new(number));
        }

        await Eventually.HoldsAsync("all had their turn", async () => (await host[Name].Operations.CountSagasAsync(new SagaQuery { Status = SagaStatus.Completed })).Value == many);
        output.WriteLine($"{many} in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s, {counter.Tries} tries");

        Assert.Equal(many, counter.Came.Count);
        Assert.Equal(counter.Came, counter.Had.Distinct());
        Assert.Equal(1, counter.Attempts);
        // The first try finds it taken, perhaps in a batch that is done again one by one; the last is when it is its turn.
        Assert.InRange(counter.Tries, many, 4 * many);
    }
}
