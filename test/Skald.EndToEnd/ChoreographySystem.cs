using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using ParkingChoreography.Billing;
using ParkingChoreography.Booking;
using ParkingChoreography.Parking;

namespace Skald.EndToEnd;

/// <summary>Booking, billing and parking of the choreography as processes on a data folder of their own.</summary>
public class ChoreographySystem : IAsyncLifetime
{
    private static readonly Dictionary<string, ServiceModule> Modules = new()
    {
        ["Booking"] = new BookingModule(), ["Billing"] = new BillingModule(), ["Parking"] = new ParkingModule(),
    };

    private readonly Dictionary<string, ServingProcess> _serving = [];

    /// <summary>All three.</summary>
    public static readonly string[] All = ["Booking", "Billing", "Parking"];

    /// <summary>The data folder.</summary>
    public string Data
    {
        get => field ??= Directory.CreateTempSubdirectory("skald-choreography-").FullName;
        init;
    }

    /// <summary>Store and broker; set before anything runs.</summary>
    internal (string Store, string Broker) Place { get; set; } = ("sqlite", "sqlite");

    /// <summary>What the services are told through their environment.</summary>
    internal Dictionary<string, string> Environment { get; } = [];

    /// <inheritdoc/>
    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Ends what still runs and removes the data.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        foreach (var process in _serving.Values)
        {
            await process.DisposeAsync();
        }

        Directory.Delete(Data, recursive: true);
        GC.SuppressFinalize(this);
    }

    internal ServingProcess this[string service] => _serving[service];

    internal async Task ServeAsync(params string[] services)
    {
        foreach (var service in services.Where(s => !_serving.ContainsKey(s)))
        {
            _serving[service] = await ServingProcess.StartAsync($"ParkingChoreography.{service}", Settings, Environment);
        }
    }

    /// <summary>Ends a service at once, as <c>kill -9</c> does.</summary>
    internal async Task KillAsync(params string[] services)
    {
        foreach (var service in services)
        {
            _serving.Remove(service, out var process);
            await process!.DisposeAsync();
        }
    }

    internal Task<ProcessResult> RunAsync(string service, params string[] args) => Processes.RunAsync($"ParkingChoreography.{service}", [.. args, .. Settings], Environment);

    internal async Task<string> NewSlotAsync(string status = "available") =>
        (await RunAsync("Parking", "create_parking", "--name=A slot", $"--status={status}")).Field("uuid");

    /// <summary>Books a slot and returns the booking's reference once its bill is there.</summary>
    internal async Task<string> BookAsync(string slot)
    {
        var before = await ReferencesAsync(slot);
        var booked = await RunAsync("Booking", "create_booking", slot);
        Assert.Equal((0, "pending", ""), (booked.ExitCode, booked.Field("status"), booked.Error));
        var reference = Assert.Single((await ReferencesAsync(slot)).Except(before));
        await Eventually.TrueAsync("the bill is there", async () => (await RunAsync("Billing", "billing_request_details_by_reference_no", reference)).ExitCode == 0);
        return reference;
    }

    internal Task<ProcessResult> PayAsync(string reference, string amount = "100") => RunAsync("Billing", "pay_bill", $"--ref_no={reference}", $"--amount={amount}");

    internal async Task<string> BookingStatusAsync(string reference) => (await RunAsync("Booking", "booking_details_by_parking_ref_no", reference)).Field("status");

    internal async Task<JsonElement> BillAsync(string reference) =>
        JsonDocument.Parse((await RunAsync("Billing", "billing_request_details_by_reference_no", reference, "--json")).Output).RootElement;

    internal async Task<string?> BillStatusAsync(string reference) => (await BillAsync(reference)).GetProperty("billing_request").GetProperty("status").GetString();

    /// <summary>What came in for a bill, and what went back.</summary>
    internal async Task<(decimal In, decimal Back)> MoneyAsync(string reference)
    {
        var bill = await BillAsync(reference);
        return (Sum("reconciliations"), Sum("refunds"));

        decimal Sum(string kind) => bill.TryGetProperty(kind, out var entries) ? entries.EnumerateArray().Sum(e => e.GetProperty("amount").GetDecimal()) : 0;
    }

    internal Task BookingBecomesAsync(string reference, string status) =>
        Eventually.TrueAsync($"the booking is {status}", async () => await BookingStatusAsync(reference) == status);

    internal Task BillBecomesAsync(string reference, string status) =>
        Eventually.TrueAsync($"the bill is {status}", async () => await BillStatusAsync(reference) == status);

    internal async Task<IReadOnlyList<JsonElement>> ListAsync(string service, string verb) =>
        [.. JsonDocument.Parse((await RunAsync(service, verb, "--json")).Output).RootElement.EnumerateArray()];

    /// <summary>How often a service published or received an event of a flow.</summary>
    internal async Task<int> CountAsync(string service, string reference, string what, string @event)
    {
        var flow = await RunAsync(service, "flow", reference, "--json");
        return flow.ExitCode != 0 ? 0 : JsonDocument.Parse(flow.Output).RootElement.GetProperty("timeline").EnumerateArray()
            .Count(m => m.GetProperty("what").GetString() == what && m.GetProperty("event").GetString() == @event);
    }

    /// <summary>A service in this process, which does not serve: what a verb has, without starting a process for each.</summary>
    internal async Task<OpenedService> OpenAsync(string service)
    {
        var opened = new OpenedService(Modules[service], new SkaldSettings(Data, Place.Store, Place.Broker, new AddressBook().AddSqlite().AddPostgreSql().AddRabbitMq()));
        await opened.Service.OpenWithoutServingAsync();
        return opened;
    }

    private string[] Settings => ["--data", Data, "--store", Place.Store, "--broker", Place.Broker];

    private async Task<IReadOnlyList<string>> ReferencesAsync(string slot) =>
        [.. (await ListAsync("Booking", "flows")).Select(f => f.GetProperty("id").GetString()!).Where(id => id.StartsWith(slot, StringComparison.Ordinal))];
}

/// <summary>A service in this process that does not serve.</summary>
internal sealed class OpenedService : IAsyncDisposable
{
    private readonly ServiceModule _module;
    private readonly ServiceProvider _provider;

    public OpenedService(ServiceModule module, SkaldSettings settings)
    {
        _module = module;
        _provider = new ServiceCollection().AddSingleton<IConfiguration>(new ConfigurationBuilder().Build()).AddSkald(module.FullName, skald =>
        {
            settings.Apply(skald, module);
            module.Configure(skald);
        }).BuildServiceProvider();
    }

    public SkaldService Service => _provider.GetRequiredKeyedService<SkaldService>(_module.FullName);

    /// <summary>Does what a verb does.</summary>
    public Task<object?> RunAsync(string verb, params (string Name, object Value)[] values) => _module.Verbs.Single(v => v.Name == verb).Handler(new VerbContext(
        values.ToDictionary(v => v.Name, v => (object?)v.Value), Service, TimeSpan.Zero, TimeProvider.System, CancellationToken.None));

    public ValueTask DisposeAsync() => _provider.DisposeAsync();
}
