using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Skald.Management;

namespace Skald;

/// <summary>Looks through the books again and again, in the background and at a tenth of the time, and keeps what it has found last.</summary>
internal sealed class BalanceWatch(BalanceInterval interval, BalanceSource source, IManagement? management = null, SkaldServices? services = null, TimeProvider? time = null, ILogger<BalanceWatch>? logger = null) : BackgroundService
{
    // Enough to know where to look; the page and skald balance have all of them.
    private const int MostKept = 100;
    private const int PausesPerPiece = 9;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstLook = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private IManagement? _own;

    /// <summary>What was found when all was looked through last; null before that.</summary>
    public BalanceLook? Last { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // What is started with the process has begun by then.
        await Task.Delay(interval.Every < FirstLook ? interval.Every : FirstLook, _time, stoppingToken);
        while (true)
        {
            await TryAsync(stoppingToken);
            await Task.Delay(interval.Every, _time, stoppingToken);
        }
    }

    private async Task TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            Last = await LookAsync(cancellationToken);
            if (Last.Report.Imbalances is [var first, ..])
            {
                logger?.BooksDoNotBalance(Last.Wrong, first.Step, first.Saga, first.Service, first.Says);
            }
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // What is known of the time before is known still.
            logger?.BooksCannotBeRead(exception);
        }
    }

    private async Task<BalanceLook> LookAsync(CancellationToken cancellationToken)
    {
        var (asked, look) = (Asked(), new BalanceLook(_time.GetUtcNow(), new BalanceReport(0, 0, 0, 0, 0, []), 0));
        string? cursor = null;
        do
        {
            var began = _time.GetTimestamp();
            var piece = await asked.BalanceAsync(cursor, cancellationToken: cancellationToken);
            look = look.With(piece, MostKept);
            cursor = piece.Next == cursor ? null : piece.Next;
            if (_time.GetElapsedTime(began) * PausesPerPiece is var pause && cursor is not null && pause > TimeSpan.Zero)
            {
                await Task.Delay(pause < LongestPause ? pause : LongestPause, _time, cancellationToken);
            }
        }
        while (cursor is not null);
        return look;
    }

    /// <summary>What the application's pages ask, so that services of other processes are judged as well; without any, the services of this process.</summary>
    private IManagement Asked() => management ?? source.Management ?? (_own ??= new MergedManagement(
        (services?.All ?? []).Select(service => new ManagementPart(service.Name, new LocalManagement(service, new LocalManagementOptions { Time = _time }), service.Name)), _time));
}

/// <summary>What the application's pages ask, once they are mapped.</summary>
internal sealed class BalanceSource
{
    public IManagement? Management { get; set; }
}

/// <summary>How often the books are looked through.</summary>
internal sealed record BalanceInterval(TimeSpan Every);

/// <summary>What was found in all of the books.</summary>
/// <param name="At">When that began.</param>
/// <param name="Report">The sums, and the first of what does not balance.</param>
/// <param name="Wrong">How many do not.</param>
internal sealed record BalanceLook(DateTimeOffset At, BalanceReport Report, long Wrong)
{
    public BalanceLook With(BalanceReport piece, int most)
    {
        var sum = Report.With(piece);
        return this with { Wrong = Wrong + piece.Imbalances.Count, Report = sum with { Imbalances = [.. sum.Imbalances.Take(most)] } };
    }
}
