using System.Text.Json;

namespace Skald.EndToEnd;

/// <summary>The event-sourced parking: Booking and Parking as processes on a data folder of their own.</summary>
public sealed class EventSourcingSystem : IAsyncLifetime
{
    private readonly Dictionary<string, ServingProcess> _serving = [];

    /// <summary>The data folder.</summary>
    public string Data { get; } = Directory.CreateTempSubdirectory("skald-event-sourcing-").FullName;

    /// <summary>Store, broker and projector store, and the data folder if it is to be another.</summary>
    internal string[] Settings { get; set; } = [];

    private string[] Place => Settings.Contains("--data") ? Settings : ["--data", Data, .. Settings];

    internal ServingProcess this[string service] => _serving[service];

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
            _serving[service] = await ServingProcess.StartAsync($"ParkingEventSourcing.{service}", Place);
        }
    }

    /// <summary>Ends a service as <c>kill -9</c> does.</summary>
    internal async Task KillAsync(string service)
    {
        if (_serving.Remove(service, out var process))
        {
            await process.DisposeAsync();
        }
    }

    internal Task<ProcessResult> ParkingAsync(params string[] args) => RunAsync("Parking", args);

    internal Task<ProcessResult> BookingAsync(params string[] args) => RunAsync("Booking", args);

    internal Task<ProcessResult> RunAsync(string service, params string[] args) =>
        Processes.RunAsync($"ParkingEventSourcing.{service}", [.. args, .. Place]);

    internal async Task<string> NewSlotAsync(string status = "available") => (await DoneAsync("Parking", "create_parking_slot", "A slot", status)).Field("uuid");

    /// <summary>Books a slot and gives the booking's uuid.</summary>
    internal async Task<string> BookAsync(string slot) => (await DoneAsync("Booking", "create_booking_request", slot)).Output.Trim();

    internal async Task<string> SlotAsync(string slot) => (await DoneAsync("Parking", "parking_slot_details", slot)).Field("status");

    internal async Task<string> StatusAsync(string booking) => (await DoneAsync("Booking", "get_booking_details", booking)).Field("status");

    /// <summary>Waits for a slot to look like this.</summary>
    internal Task SlotBecomesAsync(string slot, string status) => Eventually.TrueAsync($"the slot is {status}", async () => await SlotAsync(slot) == status);

    internal Task BookingBecomesAsync(string booking, string status) => Eventually.TrueAsync($"the booking is {status}", async () => await StatusAsync(booking) == status);

    internal async Task<IReadOnlyList<string>> HistoryAsync(string booking) =>
        [.. JsonDocument.Parse((await DoneAsync("Booking", "get_booking_events", booking, "--json")).Output).RootElement.EnumerateArray().Select(e => e.GetProperty("status").GetString()!)];

    internal async Task<string> ListAsync() => (await DoneAsync("Booking", "get_booking_list")).Output;

    /// <summary>Runs a verb that must not be refused.</summary>
    internal async Task<ProcessResult> DoneAsync(string service, params string[] args)
    {
        var result = await RunAsync(service, args);
        Assert.True(result.ExitCode == 0, $"{service} {string.Join(' ', args)}: {result.Error}");
        return result;
    }
}
