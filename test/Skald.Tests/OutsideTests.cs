using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Skald.Messaging;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

/// <summary>Charges cards at a bank outside; the test is the bank.</summary>
public sealed class Bank : IHandleOutside<ChargeCard, CardCharged, string>
{
    public ConcurrentQueue<(ChargeCard Command, OutsideContext Context)> Calls { get; } = new();

    public int Recorded => _recorded;

    private int _recorded;

    public Func<ChargeCard, OutsideContext, CancellationToken, Task<string>> Answer { get; set; } = (command, _, _) => Task.FromResult("receipt of " + command.Trip);

    public Task<string> CallAsync(ChargeCard command, OutsideContext context, CancellationToken cancellationToken)
    {
        Calls.Enqueue((command, context));
        return Answer(command, context, cancellationToken);
    }

    public Reply<CardCharged> Record(ChargeCard command, string outcome, MessageContext context)
    {
        Interlocked.Increment(ref _recorded);
        return outcome == "no" ? new Refusal("CardDeclined", "the bank said no") : new CardCharged(outcome);
    }

    /// <summary>The command that charges a saga's card.</summary>
    public static Envelope Charge(int saga, string replyTo) => new()
    {
        Id = new Guid(saga, 1, 9, new byte[8]),
        Type = "cards.charge",
        Kind = MessageKind.Command,
        Source = "t.test",
        Destination = "t.cards.commands",
        ReplyTo = replyTo,
        Saga = new SagaId(new Guid(saga, 0, 0, new byte[8])),
        Step = "charge card",
        Attempt = 1,
        Time = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
    };
}

public sealed class A_handler_that_calls_outside
{
    private const string Replies = "t.test.replies";

    private readonly Bank _bank = new();

    [Theory, EveryBackend]
    public async Task Answers_with_what_the_call_brought_back_and_gives_its_key_along(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await using var wire = await Wire.StartAsync(host["t.cards"], Replies);
        await wire.SendAsync(Command(1), new ChargeCard("T1"));
        Assert.Equal("receipt of T1", Wire.Read<CardCharged>(await wire.NextAsync()).Receipt);
        var (_, context) = Assert.Single(_bank.Calls);
        Assert.Equal((Wire.Real(Command(1)).Id, false), (context.IdempotencyKey, context.Repeated));

        await wire.SendAsync(Command(1), new ChargeCard("T1"));
        Assert.Equal("receipt of T1", Wire.Read<CardCharged>(await wire.NextAsync()).Receipt);
        Assert.Single(_bank.Calls);
        Assert.Equal(1, _bank.Recorded);
    }

    [Theory, EveryBackend]
    public async Task Refuses_when_the_outcome_says_so(Backend backend)
    {
        _bank.Answer = (_, _, _) => Task.FromResult("no");
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await using var wire = await Wire.StartAsync(host["t.cards"], Replies);
        await wire.SendAsync(Command(1), new ChargeCard("T1"));
        Assert.Equal(MessageKind.Refusal, (await wire.NextAsync()).Envelope!.Kind);
    }

    [Theory, EveryBackend]
    public async Task Is_not_called_again_by_a_copy_while_it_is_slow_and_holds_up_nobody_else(Backend backend)
    {
        var slow = new TaskCompletionSource<string>();
        _bank.Answer = (command, _, _) => command.Trip == "slow" ? slow.Task : Task.FromResult("receipt of " + command.Trip);
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await using var wire = await Wire.StartAsync(host["t.cards"], Replies);
        await wire.SendAsync((Command(1), new ChargeCard("slow")), (Command(1), new ChargeCard("slow")), (Command(2), new ChargeCard("fast")));
        Assert.Equal("receipt of fast", Wire.Read<CardCharged>(await wire.NextAsync()).Receipt);
        await wire.SendAsync((Command(1), new ChargeCard("slow")), (Command(3), new ChargeCard("fast too")));
        Assert.Equal("receipt of fast too", Wire.Read<CardCharged>(await wire.NextAsync()).Receipt);
        slow.SetResult("receipt of slow");
        Assert.Equal("receipt of slow", Wire.Read<CardCharged>(await wire.NextAsync()).Receipt);
        Assert.Equal(3, _bank.Calls.Count);
        Assert.Equal(3, _bank.Recorded);
    }

    [Theory, EveryBackend]
    public async Task Is_retried_with_the_same_key_when_it_fails_and_told_so(Backend backend)
    {
        _bank.Answer = (command, context, _) => context.Repeated ? Task.FromResult("receipt") : throw new HttpRequestException("no line");
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await using var wire = await Wire.StartAsync(host["t.cards"], Replies);
        await wire.SendAsync(Command(1), new ChargeCard("T1"));
        await Eventually.HoldsAsync("the retry is answered", () => Task.FromResult(wire.Waiting > 0), host.Time, TimeSpan.FromMilliseconds(100));
        Assert.Equal("receipt", Wire.Read<CardCharged>(await wire.NextAsync()).Receipt);
        Assert.Equal([false, true], _bank.Calls.Select(c => c.Context.Repeated));
        Assert.Single(_bank.Calls.Select(c => c.Context.IdempotencyKey).Distinct());
        Assert.Empty(await host["t.cards"].Operations.DelayedAsync(10));
    }

    [Theory, EveryBackend]
    public async Task Is_given_up_at_its_deadline_and_tried_again(Backend backend)
    {
        _bank.Answer = (_, context, cancellationToken) => context.Repeated
            ? Task.FromResult("receipt")
            : Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ContinueWith(_ => "never", CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await using var wire = await Wire.StartAsync(host["t.cards"], Replies);
        await wire.SendAsync(Command(1), new ChargeCard("T1"));
        await Eventually.HoldsAsync("the call was begun", () => Task.FromResult(!_bank.Calls.IsEmpty));
        await Eventually.HoldsAsync("the second call is answered", () => Task.FromResult(wire.Waiting > 0), host.Time, TimeSpan.FromSeconds(1));
        Assert.Equal("receipt", Wire.Read<CardCharged>(await wire.NextAsync()).Receipt);
    }

    [Theory, EveryBackend]
    public async Task Knows_after_a_crash_that_it_was_called_before(Backend backend)
    {
        using var ground = new Ground(backend);
        var begun = new TaskCompletionSource();
        _bank.Answer = (_, _, cancellationToken) =>
        {
            begun.SetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ContinueWith(_ => "never", CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
        };
        await using (var host = await StartAsync(ground))
        {
            await using var wire = await Wire.StartAsync(host["t.cards"], Replies);
            await wire.SendAsync(Command(1), new ChargeCard("T1"));
            await begun.Task.WaitAsync(Eventually.Patience);
        }

        _bank.Answer = (_, _, _) => Task.FromResult("receipt");
        await using (var host = await StartAsync(ground))
        {
            await using var wire = await Wire.StartAsync(host["t.cards"], Replies);
            Assert.Equal("receipt", Wire.Read<CardCharged>(await wire.NextAsync()).Receipt);
        }

        Assert.Equal([false, true], _bank.Calls.Select(c => c.Context.Repeated));
        Assert.Equal(1, _bank.Recorded);
    }

    private Task<Host> StartAsync(Ground ground) => Host.StartAsync(ground, ("t.cards", builder =>
    {
        builder.Services.AddSingleton(_bank);
        builder.AddHandlers<Bank>();
    }));

    private static Envelope Command(int saga) => Bank.Charge(saga, Replies);
}
