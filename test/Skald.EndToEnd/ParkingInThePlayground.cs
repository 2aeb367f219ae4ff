using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Skald.EndToEnd;

/// <summary>Parking among the other systems in one process.</summary>
public sealed class ParkingInThePlayground : IAsyncLifetime
{
    private readonly ParkingSystem _parking = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _parking.DisposeAsync();

    [Fact]
    public async Task Two_Playgrounds_on_the_same_data_work_side_by_side()
    {
        await using var one = await ServingProcess.StartAsync("Playground", "--data", _parking.Data);
        await using var two = await ServingProcess.StartAsync("Playground", "--data", _parking.Data);

        Assert.Equal("ready", (await two.Http.GetFromJsonAsync<JsonElement>("/health/ready")).GetProperty("status").GetString());
        Assert.Equal("completed", (await _parking.BookAsync(await _parking.NewSlotAsync())).Field("status"));

        var slot = await _parking.NewSlotAsync();
        var accepted = await one.Http.PostAsJsonAsync("/parking-orchestration/bookings", new { parkingSlotUuid = slot });
        await Eventually.TrueAsync("the other Playground sees the booking completed", async () =>
            (await two.Http.GetFromJsonAsync<JsonElement>(accepted.Headers.Location)).GetProperty("status").GetString() == "completed");
    }

    [Fact]
    public async Task The_home_page_links_to_what_is_there()
    {
        await using var playground = await ServingProcess.StartAsync("Playground", "--data", _parking.Data);

        var html = await playground.Http.GetStringAsync("/");

        var links = html.Split("<a href=\"").Skip(1).Select(part => part[..part.IndexOf('"', StringComparison.Ordinal)]).ToList();
        Assert.True(links.Count > 5);
        foreach (var link in links)
        {
            Assert.True((await playground.Http.GetAsync(link)).IsSuccessStatusCode, $"{link} is not there");
        }
    }

    [Theory]
    [InlineData("""{"parkingSlotUuid":"x"}""", "'x' is not a uuid.")]
    [InlineData("{}", "'' is not a uuid.")]
    public async Task A_booking_of_no_uuid_is_refused_by_the_field_s_name(string body, string problem)
    {
        await using var playground = await ServingProcess.StartAsync("Playground", "--data", _parking.Data);

        using var answer = await playground.Http.PostAsync("/parking-orchestration/bookings", new StringContent(body, Encoding.UTF8, "application/json"));

        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Equal(problem, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").GetProperty("parkingSlotUuid")[0].GetString());
    }

    [Fact]
    public async Task A_port_in_use_is_told_in_one_line()
    {
        await using var first = await ServingProcess.StartAsync("Playground", "--data", _parking.Data);

        var second = await Processes.RunAsync("Playground", "--data", _parking.Data, "--urls", first.Http.BaseAddress!.ToString());

        Assert.Equal(1, second.ExitCode);
        Assert.Contains("address already in use", Assert.Single(second.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }
}
