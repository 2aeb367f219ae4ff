using Microsoft.AspNetCore.Http;
using Skald.Dashboard.Pages;
using Skald.Management;

namespace Skald.Dashboard.Routes;

/// <summary>Whether effects balance.</summary>
internal static class BalanceRoutes
{
    // What a person waits for; the rest is looked at when they want it.
    private static readonly TimeSpan MayTake = TimeSpan.FromSeconds(1.5);
    private const int MostImbalances = 100;

    public static void Map(PageMap pages) => pages.Get("balance", "balance", LookAsync);

    private static async Task<IResult> LookAsync(Desk desk, TimeProvider time, string? cursor, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var from = cursor is { Length: > 0 } ? cursor : null;
        var sum = await desk.Management.BalanceAsync(from, ManagementLimits.UsualBooks, cancellationToken);
        while (sum.Next is { } next && sum.Imbalances.Count < MostImbalances && time.GetElapsedTime(began) < MayTake)
        {
            var piece = await desk.Management.BalanceAsync(next, ManagementLimits.UsualBooks, cancellationToken);
            sum = sum.With(piece);
            if (piece.Next == next)
            {
                // It would go on for ever.
                break;
            }
        }

        return PageMap.Page<BalancePage>(new Dictionary<string, object?> { [nameof(BalancePage.Report)] = sum, [nameof(BalancePage.Cursor)] = from });
    }
}
