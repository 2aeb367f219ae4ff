using System.Text.Json;

namespace Skald.EndToEnd;

/// <summary>Parking, billing and booking as processes on a data folder of their own.</summary>
public sealed class ParkingSystem : IAsyncLifetime
{
    private readonly Dictionary<string, ServingProcess> _serving = [];

    /// <summary>The data folder.</summary>
    public string Data { get; } = Directory.CreateTempSubdirectory("skald-parking-").FullName;

    /// <summary>All that its serving processes have said.</summary>
    internal string Said => string.Join('\n', _serving.Select(service => $"{service.Key}: {service.Value.Output}"));

    internal ServingProcess Booking => _serving["Booking"];

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Ends what still runs and removes the data.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in _serving.Values)
        {
            await process.DisposeAsync();
        }

        Directory.Delete(Data, recursive: true);
    }

    internal async Task ServeAsync(params string[] services)
    {
        foreach (var service in services.Where(s => !_serving.ContainsKey(s)))
        {
            _serving[service] = await ServingProcess.StartAsync($"ParkingOrchestration.{service}", "--data", Data);
        }
    }

    internal async Task KillAsync(string service)
    {
        _serving.Remove(service, out var process);
        await process!.DisposeAsync();
    }

    internal Task<ProcessResult> RunAsync(string service, params string[] args) =>
        Processes.RunAsync($"ParkingOrchestration.{service}", [.. args, "--data", Data]);

    internal async Task<string> NewSlotAsync() => (await RunAsync("Parking", "create_parking_slot", "A slot")).Field("uuid");

    internal Task<ProcessResult> BookAsync(string slot, params string[] args) => RunAsync("Booking", ["create_booking_request", slot, .. args]);

    internal async Task<string> SlotStatusAsync(string slot) => (await RunAsync("Parking", "parking_slot_details", slot)).Field("status");

    internal async Task<string> BillStatusAsync(string reference) =>
        (await RunAsync("Billing", "billing_request_details_by_reference_no", reference)).Field("status");

    /// <summary>The kinds of a reference's payments and refunds, in order.</summary>
    internal async Task<IReadOnlyList<string>> EntriesAsync(string reference) =>
        [.. (await ListAsync("Billing", "billing_entry_list")).Where(e => e.GetProperty("reference_no").GetString() == reference).Select(e => e.GetProperty("kind").GetString()!)];

    internal async Task<IReadOnlyList<JsonElement>> ListAsync(string service, string verb) =>
        [.. JsonDocument.Parse((await RunAsync(service, verb, "--json")).Output).RootElement.EnumerateArray()];
}
