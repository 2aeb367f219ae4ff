using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Skald.Management;

namespace Skald.Dashboard.Routes;

/// <summary>One stream a page: that something which it shows has changed, at most every few seconds. The page then asks again.</summary>
internal static class LiveRoutes
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    /// <param name="pages">The pages.</param>
    /// <param name="limit">How many pages may follow at once.</param>
    public static void Map(PageMap pages, ListenerLimit limit) => pages.Get(
        "live", "", (HttpContext http, Desk desk, TimeProvider time, IHostApplicationLifetime lifetime, string? service, string? id, int? every) => limit.AdmitAsync(
            http, () => TypedResults.ServerSentEvents(EventsAsync(
                desk.Management, time, lifetime, service, id, TimeSpan.FromSeconds(Math.Clamp(every ?? 1, 1, 60)), http.RequestAborted)).ExecuteAsync(http)));

    private static async IAsyncEnumerable<SseItem<string>> EventsAsync(
        IManagement management, TimeProvider time, IHostApplicationLifetime lifetime, string? service, string? id, TimeSpan every, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        await using var changes = management.ChangesAsync(ending.Token).GetAsyncEnumerator(ending.Token);
        yield return new SseItem<string>("", "ping");
        var (next, due) = (NextAsync(changes), (DateTimeOffset?)null);
        try
        {
            while (!ending.IsCancellationRequested)
            {
                var wait = due is { } at ? at - time.GetUtcNow() : Silence;
                var first = await Task.WhenAny(next, Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, time, ending.Token));
                if (ending.IsCancellationRequested || (first == next && await next is null))
                {
                    yield break;
                }

                if (first == next)
                {
                    due ??= Concerns((await next)!, service, id) ? time.GetUtcNow() + every : null;
                    next = NextAsync(changes);
                }
                else
                {
                    yield return due is null ? new SseItem<string>("", "ping") : new SseItem<string>("1", "changed");
                    due = null;
                }
            }
        }
        finally
        {
            // Nothing is disposed of while it is waited for.
            await ending.CancelAsync();
            await next;
        }
    }

    private static bool Concerns(Change change, string? service, string? id) => (id is null || change.Id == id) && (service is null || change.Service == service);

    /// <summary>Null at the end, however it came.</summary>
    private static async Task<Change?> NextAsync(IAsyncEnumerator<Change> changes)
    {
        try
        {
            return await changes.MoveNextAsync() ? changes.Current : null;
        }
        catch (Exception e) when (e is OperationCanceledException or ManagementException or NotSupportedException)
        {
            return null;
        }
    }
}
