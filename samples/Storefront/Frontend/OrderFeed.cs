using System.Data.Common;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Skald.Storage;

namespace Storefront.Frontend;

/// <summary>The orders as they change, for server-sent events. The id of each event is the number of the change.</summary>
/// <remarks>
/// It reads the database, because any process of the frontend may be the one that handles an order's next event. A reader that
/// comes back with the last id it saw gets every order that changed since.
/// </remarks>
internal sealed class OrderFeed(OrderQueries queries, TimeProvider time, CancellationToken stopping)
{
    private const int AtOnce = 50;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(15);

    public async IAsyncEnumerable<SseItem<string>> FollowAsync(string? lastId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        using var timer = new PeriodicTimer(LookInterval, time);
        var last = long.TryParse(lastId, NumberStyles.None, CultureInfo.InvariantCulture, out var known) ? known : (long?)null;
        var written = time.GetTimestamp();
        do
        {
            if (await NextAsync(last, ended.Token) is not { } orders)
            {
                yield break;
            }

            foreach (var order in orders)
            {
                last = order.Changed;
                yield return new SseItem<string>(JsonSerializer.Serialize(order, OrderView.Json), "order") { EventId = order.Changed.ToString(CultureInfo.InvariantCulture) };
            }

            if (orders.Count > 0 || last is null || time.GetElapsedTime(written) >= PingInterval)
            {
                // Says that the reader has seen all there is, and keeps proxies from closing the connection.
                written = time.GetTimestamp();
                yield return new SseItem<string>("", "ping");
            }

            last ??= 0;
        }
        while (await TickAsync(timer, ended.Token));
    }

    /// <summary>Null when the stream has to end: the reader will come back.</summary>
    private async Task<IReadOnlyList<OrderView>?> NextAsync(long? last, CancellationToken cancellationToken)
    {
        try
        {
            return last is { } since
                ? await queries.ChangedSinceAsync(since, AtOnce, cancellationToken)
                : [.. (await queries.NewestAsync(AtOnce, cancellationToken)).Reverse()];
        }
        catch (Exception exception) when (exception is OperationCanceledException or DbException or StoreUnavailableException)
        {
            return null;
        }
    }

    private static async Task<bool> TickAsync(PeriodicTimer timer, CancellationToken cancellationToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
