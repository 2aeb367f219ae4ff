using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Skald.EndToEnd;

/// <summary>The flows of the choreography, seen across its services in one process.</summary>
public sealed class ChoreographyInThePlayground : IAsyncLifetime
{
    private readonly ChoreographySystem _system = new();
    private ServingProcess _playground = null!; // Set before each test.

    public async ValueTask InitializeAsync() => _playground = await ServingProcess.StartAsync("Playground", "--data", _system.Data);

    public async ValueTask DisposeAsync()
    {
        await _playground.DisposeAsync();
        await _system.DisposeAsync();
    }

    [Fact]
    public async Task One_flow_is_followed_by_its_id_across_the_services()
    {
        var reference = await _system.BookAsync(await _system.NewSlotAsync());
        await _system.PayAsync(reference);
        await _system.BookingBecomesAsync(reference, "done");

        var flow = await _playground.Http.GetFromJsonAsync<JsonElement>($"/parking-choreography/flows/{reference}");

        Assert.Equal("completed", flow.GetProperty("status").GetString());
        string[] timeline = [.. flow.GetProperty("timeline").EnumerateArray().Select(m => $"{m.GetProperty("service").GetString()!.Split('.')[1]} {m.GetProperty("what").GetString()} {m.GetProperty("event").GetString()}".TrimEnd())];
        Assert.Equal(
            [
                "billing published BILL_PAID_EVENT", "billing received CREATE_BOOKING_EVENT",
                "booking completed", "booking published CREATE_BOOKING_EVENT", "booking received BILL_PAID_EVENT", "booking received RESERVED_BOOKING_EVENT",
                "parking published RESERVED_BOOKING_EVENT", "parking received BILL_PAID_EVENT",
            ],
            timeline.Order(StringComparer.Ordinal));
        Assert.Equal("booking published CREATE_BOOKING_EVENT", timeline[0]);
    }

    [Fact]
    public async Task The_page_lists_flows_and_leads_to_each_and_a_hostile_id_stays_text()
    {
        const string Hostile = "<script>alert(1)</script>\"'&/../x?y#z%2F";
        var reference = await _system.BookAsync(await _system.NewSlotAsync());
        await using var booking = await _system.OpenAsync("Booking");
        await booking.Service.PublishAsync(new ParkingChoreography.Contracts.BookingCreated(Hostile, 7, "x"), Hostile);
        await Eventually.TrueAsync("the flow is kept", async () => await booking.Service.FindFlowAsync(Hostile) is not null);

        var (html, policy) = await PageAsync("/parking-choreography/flows");

        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains(reference, html.Replace("<wbr>", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("\"'&", html, StringComparison.Ordinal);
        var (one, _) = await PageAsync($"/parking-choreography/flows/{Uri.EscapeDataString(reference)}");
        Assert.Contains("Waits for BILL_PAID_EVENT of billing", one.Replace("<wbr>", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/parking-choreography/flows/nobody", HttpStatusCode.NotFound)]
    [InlineData("/parking-choreography/flows/%3Cscript%3E", HttpStatusCode.NotFound)]
    [InlineData("/parking-choreography/flows?status=lost", HttpStatusCode.BadRequest)]
    [InlineData("/parking-choreography/flows?limit=0", HttpStatusCode.BadRequest)]
    [InlineData("/parking-choreography/flows?limit=many", HttpStatusCode.BadRequest)]
    [InlineData("/food-orders/flows", HttpStatusCode.NotFound)]
    public async Task Nonsense_is_a_problem(string path, HttpStatusCode status)
    {
        using var answer = await _playground.Http.GetAsync(path);

        Assert.Equal((status, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
    }

    private async Task<(string Html, string Policy)> PageAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));
        using var answer = await _playground.Http.SendAsync(request);
        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
        return (await answer.Content.ReadAsStringAsync(), string.Join(' ', answer.Headers.GetValues("Content-Security-Policy")));
    }
}
