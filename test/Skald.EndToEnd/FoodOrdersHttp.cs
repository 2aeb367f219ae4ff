using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Skald.EndToEnd;

/// <summary>The order service's HTTP interface.</summary>
public abstract class FoodOrdersHttp(Func<Task<FoodOrdersSystem>> start) : IAsyncLifetime
{
    private FoodOrdersSystem _system = null!; // Set before each test.

    public async ValueTask InitializeAsync() => _system = await start();

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _system.DisposeAsync();
    }

    [Fact]
    public async Task A_repeated_key_with_the_same_body_gets_the_same_answer_and_places_no_second_order()
    {
        using var first = await _system.PostAsync("orders", FoodOrdersSystem.Order(), "lunch-1");
        var answer = await first.Content.ReadAsByteArrayAsync();
        await _system.EndOfAsync(1);

        using var second = await _system.PostAsync("orders", FoodOrdersSystem.Order(), "lunch-1");

        Assert.Equal(HttpStatusCode.Accepted, second.StatusCode);
        Assert.Equal(answer, await second.Content.ReadAsByteArrayAsync());
        Assert.Equal($"{_system.Path}/orders/1", first.Headers.Location?.OriginalString);
        Assert.Equal(first.Headers.Location, second.Headers.Location);
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task The_same_key_sent_ten_times_at_once_places_one_order()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            using var response = await _system.PostAsync("orders", FoodOrdersSystem.Order(), "lunch-1");
            return await response.Content.ReadAsStringAsync();
        }));

        Assert.Single(answers.Distinct());
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task A_repeated_key_with_another_body_is_refused()
    {
        using var first = await _system.PostAsync("orders", FoodOrdersSystem.Order(price: 20), "lunch-1");

        using var second = await _system.PostAsync("orders", FoodOrdersSystem.Order(price: 21), "lunch-1");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, second.StatusCode);
        Assert.Equal("application/problem+json", second.Content.Headers.ContentType?.MediaType);
        Assert.Equal(1, await CountAsync());
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("")]
    public async Task A_key_that_is_not_visible_ascii_is_refused(string key)
    {
        using var response = await _system.PostAsync("orders", FoodOrdersSystem.Order(), key);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task Every_invalid_field_is_named_and_nothing_is_stored()
    {
        using var response = await _system.PostAsync(
            "orders", """{"consumerId":"x","cardId":0,"price":1.234,"items":[{"name":"","quantity":1},{"name":"Dish","quantity":1.5}]}""");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var errors = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors");
        Assert.Equal(["cardId", "consumerId", "items[0].name", "items[1].quantity", "price"], errors.EnumerateObject().Select(e => e.Name).Order());
        Assert.Equal(0, await CountAsync());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("7")]
    public async Task Missing_fields_are_named(string body)
    {
        using var response = await _system.PostAsync("orders", body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var errors = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors");
        Assert.Equal(["cardId", "consumerId", "items", "price"], errors.EnumerateObject().Select(e => e.Name).Order());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{oops")]
    [InlineData("""{"price":1,"price":2}""")]
    public async Task A_body_that_is_not_json_is_refused_as_such(string body)
    {
        using var response = await _system.PostAsync("orders", body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("The body is not valid JSON.", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("title").GetString());
    }

    [Fact]
    public async Task A_body_over_one_mebibyte_is_refused()
    {
        using var response = await _system.PostAsync("orders", new string(' ', (1 << 20) + 1));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Theory]
    [InlineData("99")]
    [InlineData("-1")]
    [InlineData("x")]
    public async Task An_unknown_order_is_not_found(string id)
    {
        using var response = await _system.Http.GetAsync(new Uri($"orders/{id}", UriKind.Relative));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task An_order_has_the_documented_shape()
    {
        var id = await _system.PlaceAsync(FoodOrdersSystem.Order());
        await _system.EndOfAsync(id);

        var order = await _system.Http.GetFromJsonAsync<JsonElement>($"orders/{id}");

        Assert.Equal(
            ["id", "status", "consumerId", "cardId", "price", "items", "ticketId", "transactionId", "saga"], order.EnumerateObject().Select(p => p.Name));
        Assert.Equal(["id", "status", "step", "failedStep", "failure"], order.GetProperty("saga").EnumerateObject().Select(p => p.Name));
        Assert.Equal("""[{"name":"Dish 1","quantity":2}]""", order.GetProperty("items").GetRawText());
        Assert.Equal("20", order.GetProperty("price").GetRawText());
    }

    [Fact]
    public async Task Orders_are_listed_newest_first_as_many_as_asked_for()
    {
        for (var n = 0; n < 3; n++)
        {
            await _system.PlaceAsync(FoodOrdersSystem.Order());
        }

        var orders = await _system.Http.GetFromJsonAsync<JsonElement>("orders?limit=2");

        Assert.Equal([3L, 2L], orders.EnumerateArray().Select(o => o.GetProperty("id").GetInt64()));
        using var refused = await _system.Http.GetAsync(new Uri("orders?limit=0", UriKind.Relative));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task A_page_of_the_home_page_starts_a_saga_and_says_so(string method)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "run-random-saga");
        using var response = await _system.Http.SendAsync(request);

        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("Scheduled saga #1. See its progress in order_service worker", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(1, await CountAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_home_page_s_links_work_with_and_without_a_slash_at_the_end(bool withSlash)
    {
        var html = await _system.Http.GetStringAsync(new Uri(withSlash ? "" : $"..{_system.Path}", UriKind.Relative));

        Assert.Contains("Welcome to saga orchestration demo!", html, StringComparison.Ordinal);
        Assert.Contains("You can use next endpoints to start Order Create saga:", html, StringComparison.Ordinal);
        Assert.Contains($"<base href=\"{_system.Path}/\">", html, StringComparison.Ordinal);
        Assert.Contains("<a href=\"run-success-saga\">", html, StringComparison.Ordinal);
        Assert.Equal("ping response", await _system.Http.GetStringAsync(new Uri("ping", UriKind.Relative)));
    }

    private async Task<int> CountAsync() => (await _system.Http.GetFromJsonAsync<JsonElement>("orders")).GetArrayLength();
}
