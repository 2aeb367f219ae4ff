using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Skald.Messaging;
using Skald.Messaging.Tables;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

public sealed class The_loop_of_a_broker_whose_messages_are_rows : IBrokerTables
{
    private readonly FakeTime _time = new();
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _said = new();
    private readonly ConcurrentQueue<BrokerBatch> _written = new();
    private readonly BrokerLoop _loop;
    private volatile Exception? _fault;
    private volatile bool _beatsFail;
    private int _tried;
    private int _beats;

    public The_loop_of_a_broker_whose_messages_are_rows() => _loop = new BrokerLoop(
        this, name => new BrokerQueue(name), new BrokerRhythm(Beat: TimeSpan.FromHours(1), WriteBehind: TimeSpan.FromMilliseconds(20), Linger: TimeSpan.Zero), _time, new Listening(_said));

    [Theory]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(OperationCanceledException))]
    [InlineData(typeof(OutOfMemoryException))]
    public async Task Outlives_whatever_is_thrown_and_writes_it_later(Type type)
    {
        _fault = (Exception)Activator.CreateInstance(type, "whatever")!;
        _loop.Start(_time, beatNow: false);
        var sent = Send();
        await Eventually.HoldsAsync("it says what is wrong", () => Task.FromResult(_loop.Problem == "here: whatever"));
        Assert.False(sent.IsCompleted);

        _fault = null;
        await Eventually.HoldsAsync("it is written", () => Task.FromResult(sent.IsCompletedSuccessfully), _time, TimeSpan.FromMilliseconds(50));
        Assert.Null(_loop.Problem);
        Assert.Equal(["here: whatever; trying again with growing pauses, up to a second", "The broker's database can be used again, after 1 attempts in vain"], _said.Select(s => s.Text));
        Assert.True(await _loop.StopAsync());
    }

    [Fact]
    public async Task Tries_again_with_growing_pauses_and_says_the_same_thing_once()
    {
        _fault = new IOException("full");
        _loop.Start(_time, beatNow: false);
        _ = Send();
        var pauses = new List<double>();
        for (var tried = 1; tried <= 6; tried++)
        {
            await Eventually.HoldsAsync("it has tried", () => Task.FromResult(Volatile.Read(ref _tried) == tried && _loop.Problem is not null));
            var since = _time.GetUtcNow();
            await Eventually.HoldsAsync("it tries again", () => Task.FromResult(Volatile.Read(ref _tried) > tried), _time, TimeSpan.FromMilliseconds(50));
            pauses.Add((_time.GetUtcNow() - since).TotalMilliseconds);
        }

        // The clock moves in steps, and the loop on a thread of its own: never before its time.
        Assert.All(pauses.Zip((double[])[200, 400, 800, 1000, 1000, 1000]), pause => Assert.True(pause.First >= pause.Second, string.Join(" ", pauses)));
        Assert.Single(_said);
    }

    [Fact]
    public async Task Does_not_make_who_leaves_wait_for_a_pause()
    {
        _fault = new IOException("full");
        _loop.Start(_time, beatNow: false);
        var sent = Send();
        await Eventually.HoldsAsync("it has a problem", () => Task.FromResult(_loop.Problem is not null));

        await _loop.FlushAsync().WaitAsync(Eventually.Patience);
        Assert.False(sent.IsCompleted);
        _fault = null;
        await _loop.FlushAsync().WaitAsync(Eventually.Patience);
        await sent.WaitAsync(Eventually.Patience);
    }

    [Fact]
    public async Task Says_again_that_its_process_lives_when_that_failed()
    {
        _beatsFail = true;
        _loop.Start(_time, beatNow: true);
        await Eventually.HoldsAsync("it has a problem", () => Task.FromResult(_loop.Problem is not null), _time, TimeSpan.FromMilliseconds(1));

        _beatsFail = false;
        await Eventually.HoldsAsync("it lives", () => Task.FromResult(Volatile.Read(ref _beats) > 0 && _loop.Problem is null), _time, TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task Writes_what_its_consumer_has_once_that_has_waited_enough()
    {
        _loop.Start(_time, beatNow: false);
        await using var consumer = _loop.Queues.Consume("q", 10, _ => { });
        await Eventually.HoldsAsync("it has looked", () => Task.FromResult(!_loop.Queues["q"].HasBacklog));
        var sent = Send();
        Assert.Empty(_written.SelectMany(b => b.Writes.Messages));

        await Eventually.HoldsAsync("it is written", () => Task.FromResult(sent.IsCompletedSuccessfully), _time, TimeSpan.FromMilliseconds(5));
        Assert.False(Assert.Single(_written.SelectMany(b => b.Writes.Messages)).IsForAnyone);
    }

    bool IBrokerTables.HasMoreToWrite => false;

    Task<IReadOnlyList<List<BrokerMessage>>> IBrokerTables.WriteAsync(BrokerBatch batch)
    {
        Interlocked.Increment(ref _tried);
        if (_fault is { } fault)
        {
            throw fault;
        }

        _written.Enqueue(batch);
        return Task.FromResult<IReadOnlyList<List<BrokerMessage>>>([.. batch.Wanted.Select(_ => new List<BrokerMessage>())]);
    }

    Task<bool> IBrokerTables.BeatAsync()
    {
        if (_beatsFail)
        {
            throw new IOException("no beat");
        }

        Interlocked.Increment(ref _beats);
        return Task.FromResult(false);
    }

    Task IBrokerTables.LeaveAsync() => Task.CompletedTask;

    string IBrokerTables.Explain(Exception exception) => $"here: {exception.Message}";

    private Task Send()
    {
        var batch = new SendBatch(1);
        var message = new OutgoingMessage(
            new Envelope { Id = new Guid(1, 0, 0, new byte[8]), Type = "t", Kind = MessageKind.Command, Source = "s", Destination = "q", Time = DateTimeOffset.UnixEpoch }, "{}"u8.ToArray());
        _loop.Queues.Send([new BrokerMessage(1, message, _loop.Queues["q"], batch)]);
        return batch.Done;
    }

    private sealed class Listening(ConcurrentQueue<(LogLevel, string)> said) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            said.Enqueue((logLevel, formatter(state, exception)));
    }
}
