using Microsoft.Extensions.DependencyInjection;
using ParkingOrchestration.Booking;
using Skald.Decisions;

namespace Skald.EndToEnd;

/// <summary>Reads a booking saga's journal from the service's database.</summary>
internal static class ParkingJournal
{
    /// <summary>The steps that were undone, in the order in which that was finished.</summary>
    public static async Task<IReadOnlyList<string?>> UndoneAsync(string data, string reference)
    {
        var module = new BookingModule();
        var services = new ServiceCollection().AddSkald(module.FullName, skald =>
        {
            module.Configure(skald);
            skald.UseSqlite(Path.Combine(data, module.System, module.Name + ".db"));
        });
        await using var provider = services.BuildServiceProvider();
        var service = provider.GetRequiredKeyedService<SkaldService>(module.FullName);
        await service.OpenWithoutServingAsync();
        var timeline = await service.Operations.TimelineAsync(new SagaId(Guid.Parse(reference.Split(':')[1])));
        return [.. timeline.Where(entry => entry.Kind == JournalKind.Undone).Select(entry => entry.Step)];
    }
}
