using Microsoft.Extensions.Logging;
using Skald.Diagnostics;

namespace Skald.Messaging.Tables;

/// <summary>How a broker's loop works.</summary>
/// <param name="Beat">How often it says that this process lives.</param>
/// <param name="WriteBehind">How long it waits, at most, before it writes a message that a consumer in this process has.</param>
/// <param name="Linger">How long it gathers more when its last write carried several messages.</param>
public sealed record BrokerRhythm(TimeSpan Beat, TimeSpan WriteBehind, TimeSpan Linger);

/// <summary>
/// The one loop of this process that writes a broker's rows and takes messages from them. It sleeps until there is something
/// to do, and outlives whatever goes wrong: that is said, and what could not be written is written a little later.
/// </summary>
public sealed class BrokerLoop : IBrokerWriter
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StoppingMayTake = TimeSpan.FromSeconds(3);

    private readonly IBrokerTables _tables;
    private readonly BrokerRhythm _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly BrokerCalls _calls;
    private Task? _running;
    private ITimer? _heartbeat;
    private volatile string? _problem;
    private volatile bool _stopping;
    private bool _lingers;
    private int _failures;
    private long _failedAt;

    /// <param name="tables">The database's part.</param>
    /// <param name="make">Makes a queue of this name.</param>
    /// <param name="options">How it works.</param>
    /// <param name="time">The clock of its waits: real time, unless all that it works for stands still as well.</param>
    /// <param name="logger">Told when it stumbles, and when it goes on.</param>
    public BrokerLoop(IBrokerTables tables, Func<string, BrokerQueue> make, BrokerRhythm options, TimeProvider time, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_tables, _options, _time, _logger) = (tables, options, time, logger);
        _calls = new BrokerCalls(options.WriteBehind, time);
        Queues = new BrokerQueues(this, make);
    }

    /// <summary>What this process holds of the broker.</summary>
    public BrokerQueues Queues { get; }

    /// <summary>Why the database cannot be used at the moment; null when it can.</summary>
    public string? Problem => _problem;

    /// <summary>Begins, once the tables are there.</summary>
    /// <param name="clock">The clock by which processes show that they live.</param>
    /// <param name="beatNow">Whether to look at once for what dead processes had taken.</param>
    public void Start(TimeProvider clock, bool beatNow)
    {
        ArgumentNullException.ThrowIfNull(clock);
        if (beatNow)
        {
            _calls.Beat();
        }

        _heartbeat = clock.CreateTimer(_ => _calls.Beat(), null, _options.Beat, _options.Beat);
        _running = RunAsync();
    }

    /// <inheritdoc/>
    public void Wake(bool urgent) => _calls.Wake(urgent);

    /// <inheritdoc/>
    public Task FlushAsync() => _running is null || _stopping ? Task.CompletedTask : _calls.FlushAsync();

    /// <summary>Something may have come, or was missed: for one queue, or for all.</summary>
    public void Look(long? queueId = null)
    {
        Queues.WakeUp(queueId);
        Wake(urgent: true);
    }

    /// <summary>Writes what is left and ends. What cannot be written in time stays safe in its senders' rows.</summary>
    /// <returns>False when the database keeps the loop waiting: it ends with the process, and what it uses must not be taken from it.</returns>
    public async Task<bool> StopAsync()
    {
        if (_running is null)
        {
            return true;
        }

        await EndsInTimeAsync(FlushAsync());
        _stopping = true;
        _calls.Signal();
        _heartbeat?.Dispose();
        if (!await EndsInTimeAsync(_running))
        {
            return false;
        }

        // Not before its end: it sets its alarm.
        _calls.End();
        return true;
    }

    private async Task<bool> EndsInTimeAsync(Task task) => await Task.WhenAny(task, Task.Delay(StoppingMayTake, _time)) == task;

    private async Task RunAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (!_stopping)
        {
            await _calls.WaitAsync(Patience());
            if (_lingers && _options.Linger > TimeSpan.Zero)
            {
                // There is a crowd: what comes within a moment travels with this write.
                await Task.Delay(_options.Linger, _time);
            }

            if (PauseLeft <= TimeSpan.Zero || _calls.FlushIsWanted)
            {
                await TakeTurnAsync(_calls.Take());
            }
        }

        await LeaveAsync();
    }

    private TimeSpan PauseLeft => _failures == 0
        ? TimeSpan.Zero
        : TimeSpan.FromTicks(Math.Min(FirstPause.Ticks << Math.Min(_failures - 1, 10), LongestPause.Ticks)) - _time.GetElapsedTime(_failedAt);

    /// <summary>How long nothing has to be done, if nobody calls; null for as long as one likes.</summary>
    private TimeSpan? Patience()
    {
        if (_failures > 0)
        {
            return PauseLeft;
        }

        var (wait, nap) = (_calls.WaitLeft, Queues.Nap());
        return wait is null || nap < wait ? nap : wait;
    }

    private async Task TakeTurnAsync(BrokerTurn turn)
    {
        try
        {
            if (turn.Beats && await _tables.BeatAsync())
            {
                Queues.WakeUp();
            }

            if (turn.Looks || Queues.Nap() <= TimeSpan.Zero)
            {
                await WriteAsync(turn.Everything);
            }

            GoOn();
        }
        catch (Exception exception)
        {
            // Whatever it is: nobody else would write what waits here.
            Stumble(exception);
            _calls.Again(turn);
        }

        turn.Flushes.ForEach(flush => flush.TrySetResult());
    }

    private async Task WriteAsync(bool everything)
    {
        var batch = Queues.Collect(everything);
        if (batch.IsEmpty && !_tables.HasMoreToWrite)
        {
            _lingers = false;
            return;
        }

        IReadOnlyList<List<BrokerMessage>> taken;
        try
        {
            taken = await _tables.WriteAsync(batch);
        }
        catch (Exception)
        {
            Queues.NotWritten(batch);
            throw;
        }

        // Before those who wait are told: they may ask whether all is well.
        GoOn();
        Queues.Written(batch, taken);
        _lingers = batch.Writes.Messages.Count > 1;
        if (Queues.AnyFallsAsleep || taken.Where((messages, i) => messages.Count == batch.Wanted[i].Count).Any())
        {
            Wake(urgent: true);
        }
    }

    private void GoOn()
    {
        if (_failures > 0)
        {
            _logger.BrokerGoesOn(_failures);
            (_failures, _problem) = (0, null);
        }
    }

    private void Stumble(Exception exception)
    {
        (_failures, _failedAt, _lingers) = (_failures + 1, _time.GetTimestamp(), false);
        var problem = _tables.Explain(exception);
        if (problem != _problem)
        {
            _logger.BrokerStumbled(problem, exception);
            _problem = problem;
        }

        Queues.WakeUp();
    }

    private async Task LeaveAsync()
    {
        try
        {
            await _tables.LeaveAsync();
        }
        catch (Exception exception)
        {
            _logger.BrokerLeftUncleanly(_tables.Explain(exception), exception);
        }
    }
}
