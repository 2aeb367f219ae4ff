using Skald;

namespace Playground;

/// <summary>The newest of what a system has, by which people ask for it.</summary>
internal static class Newest
{
    /// <summary>The id of the flow, or the key of the saga, that was started last; null when there is none.</summary>
    public static async Task<string?> OfAsync(PlaygroundSystem system, ProgramFacts facts, CancellationToken cancellationToken)
    {
        var services = facts.Modules.Where(m => m.System == system.Name).Select(m => facts.Services[m.FullName]).ToList();
        return await FirstAsync(services, async service => await service.FlowsAsync(limit: 1, cancellationToken: cancellationToken) is [var flow, ..] ? flow.Id : null)
            ?? await FirstAsync(services, async service => (await service.Operations.SagasAsync(new SagaQuery { Limit = 1 }, cancellationToken)).Sagas is [var saga, ..] ? saga.Key : null);
    }

    private static async Task<string?> FirstAsync(IReadOnlyList<SkaldService> services, Func<SkaldService, Task<string?>> find)
    {
        foreach (var service in services)
        {
            if (await find(service) is { } found)
            {
                return found;
            }
        }

        return null;
    }
}
