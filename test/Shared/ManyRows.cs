using System.Diagnostics;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

/// <summary>What people and the lane ask of a store that has a million sagas and a million dead letters, numbered from 1 on.</summary>
internal static class ManyRows
{
    public const int Count = 1_000_000;
    private static readonly TimeSpan Most = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks each question a few times; the fastest answer counts, since others use the machine as well.</summary>
    /// <param name="store">
    /// Saga i began at i as "order-" and i modulo 5, with the key "key " and i. Every 50,000th is parked, of the others every tenth runs
    /// and wakes at i, and the rest are completed. The parked have failed at
    /// "step " and i by 50,000 modulo 5.
    /// </param>
    /// <param name="output">Told how long each took.</param>
    public static async Task AskAsync(IStore store, ITestOutputHelper output)
    {
        var operations = store.Operations;
        var parked = new InstanceFilter { Statuses = [(int)SagaStatus.Parked] };
        var none = new InstanceFilter { Statuses = [(int)SagaStatus.Compensating] };
        await FastAsync("the newest", async () => (await operations.SagasAsync(new InstanceFilter(), null, 100, default)).Count, 100);
        await FastAsync("a definition", async () => (await operations.SagasAsync(new InstanceFilter { Definition = "order-3" }, null, 100, default)).Count, 100);
        await FastAsync("the parked", async () => (await operations.SagasAsync(parked, null, 100, default)).Count, 20);
        await FastAsync("none", async () => (await operations.SagasAsync(none, null, 100, default)).Count, 0);
        await FastAsync("a key", async () => (await operations.SagasAsync(new InstanceFilter { Key = "key 777777" }, null, 100, default)).Count, 1);
        await FastAsync("an age", async () => (await operations.SagasAsync(new InstanceFilter { StartedBefore = 500_000, StartedFrom = 400_000 }, null, 100, default)).Count, 100);
        await FastAsync("a page in the middle", async () => (await operations.SagasAsync(new InstanceFilter(), new PagePosition(500_000, Guid.Empty), 100, default)).Count, 100);
        var middle = (await operations.SagasAsync(new InstanceFilter { Key = "key 500000" }, null, 1, default))[0].Id;
        await FastAsync("a page by id", async () => (await operations.SagaOutlinesAsync(middle, 100, default)).Count, 100);
        await FastAsync("a count", async () => (int)await operations.CountSagasAsync(new InstanceFilter(), 10_000, default), 10_000);
        await FastAsync("a count of the parked", async () => (int)await operations.CountSagasAsync(parked, 10_000, default), 20);
        await FastAsync("timers", async () => (await operations.WaitingSagasAsync(null, 100, default)).Count, 100);
        await FastAsync("dead letters", async () => (await operations.DeadLettersAsync(500_000, 100, default)).Count, 100);
        await FastAsync("a page of timers", async () => (await operations.WaitingSagasAsync(new DuePosition(500_000, Guid.Empty), 100, default)).Count, 100);
        await FastAsync("several statuses", async () => (await operations.SagasAsync(new InstanceFilter { Statuses = [(int)SagaStatus.Parked, (int)SagaStatus.Running] }, null, 100, default)).Count, 100);
        await FastAsync("the unchanged", async () => (await operations.SagasAsync(new InstanceFilter { StartedBefore = 500_000, UpdatedBefore = 500_000 }, null, 100, default)).Count, 100);
        await FastAsync("a failure", async () => (await operations.SagasAsync(new InstanceFilter { FailedStep = "step 3" }, null, 100, default)).Count, 4);
        await FastAsync("kinds of failures", async () => (await operations.FailureGroupsAsync(parked, 10_000, 100, default)).Count, 5);
        await FastAsync("kinds of dead letters", async () => (int)(await operations.DeadLetterGroupsAsync(10_000, 100, default)).Single().Count, 10_000);
        await FastAsync("dead letters of a kind", async () => (await operations.DeadLettersOfKindAsync(DeadLetterKind.None, 500_000, 100, default)).Count, 100);
        await FastAsync("due work", async () => (await store.TakeDueAsync(DateTimeOffset.UnixEpoch.AddSeconds(1), TimeSpan.FromSeconds(10), 100, true, default)).Sagas.Count, 100);

        async Task FastAsync(string what, Func<Task<int>> ask, int expected)
        {
            Assert.Equal(expected, await ask());
            var times = new List<TimeSpan>();
            for (var i = 0; i < 5; i++)
            {
                var begun = Stopwatch.GetTimestamp();
                await ask();
                times.Add(Stopwatch.GetElapsedTime(begun));
            }

            output.WriteLine($"{what}: {times.Min().TotalMilliseconds:0.0} ms");
            Assert.True(times.Min() < Most, $"{what} took {times.Min()}");
        }
    }
}
