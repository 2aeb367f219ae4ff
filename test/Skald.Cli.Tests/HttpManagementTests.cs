using Skald.Management;

namespace Skald.Cli.Tests;

public sealed class Management_over_http : IAsyncLifetime
{
    private static readonly ActTerms s_terms = new() { Version = 7, Key = "key-1", Actor = "nobody" };
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private FakeApi _api = null!;

    public async ValueTask InitializeAsync() => _api = await FakeApi.StartAsync();

    [Theory]
    [InlineData("food-orders.order", "0191", "/skald/api/sagas/food-orders.order/0191")]
    [InlineData("a b?c#d", "x/../y", "/skald/api/sagas/a b?c#d/x%2F..%2Fy")]
    public async Task Asks_for_what_was_named_whatever_characters_are_in_it(string service, string id, string path)
    {
        await Assert.ThrowsAsync<ManagementException>(() => Management().FindSagaAsync(service, id));

        Assert.Equal(path, Uri.UnescapeDataString(_api.Requests.Single().Target).Replace("x/../y", "x%2F..%2Fy", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("")]
    public async Task Leaves_the_api_for_no_name(string service)
    {
        Assert.Null(await Record.ExceptionAsync(async () => Assert.Null(await Management().FindSagaAsync(service, "1"))));
        Assert.Empty(_api.Requests);
    }

    [Fact]
    public async Task Sends_what_a_list_is_narrowed_by()
    {
        _api.On("GET sagas", new Page<SagaItem>([]) { Next = "n&1", Missing = [new("shop.stock", "It is away.")] });

        var page = await Management().SagasAsync(new SagaListQuery { Q = "status:parked step:\"a & b\"", Cursor = "c=1", Limit = 7, Service = "s" });

        Assert.Equal("/skald/api/sagas?q=status%3Aparked%20step%3A%22a%20%26%20b%22&service=s&cursor=c%3D1&limit=7", _api.Requests.Single().Target);
        Assert.Equal(("n&1", "shop.stock"), (page.Next, page.Missing.Single().Service));
    }

    [Fact]
    public async Task Does_an_act_at_a_version_under_a_key()
    {
        _api.On("POST sagas/s/1/acts", new ActResult("s", "1", "skip", 8, "running", "Skipped."));

        var result = await Management().ActAsync("s", "1", new ActRequest { Act = "skip", Step = "charge", Reason = "paid by hand" }, s_terms);

        var sent = _api.Requests.Single();
        Assert.Equal(("\"7\"", "key-1", "application/json"), (sent.Headers["If-Match"], sent.Headers["Idempotency-Key"], sent.Headers["Content-Type"]));
        Assert.Equal(("skip", "charge", "paid by hand"), (sent.As<ActRequest>().Act, sent.As<ActRequest>().Step, sent.As<ActRequest>().Reason));
        Assert.DoesNotContain("nobody", sent.Body); // The process says itself who asks.
        Assert.Equal(8, result.Version);
    }

    [Fact]
    public async Task Previews_without_doing()
    {
        _api.On("POST sagas/s/1/acts", new ActForecast { Act = "retry", Version = 7, Before = "parked", After = "running" });

        Assert.Equal(7, (await Management().PreviewAsync("s", "1", new ActRequest { Act = "retry" })).Version);
        Assert.Equal("/skald/api/sagas/s/1/acts?dryRun=true", _api.Requests.Single().Target);
    }

    [Fact]
    public async Task Passes_on_what_the_process_says_is_wrong()
    {
        _api.OnProblem("POST sagas/s/1/acts", new ManagementProblem(412, ProblemCodes.MovedOn, "Saga 1 has moved on.") { Detail = "Look again.", Version = 9 });

        var thrown = await Assert.ThrowsAsync<ManagementException>(() => Management().ActAsync("s", "1", new ActRequest { Act = "retry" }, s_terms));

        Assert.Equal(new ManagementProblem(412, ProblemCodes.MovedOn, "Saga 1 has moved on.") { Detail = "Look again.", Version = 9 }, thrown.Problem);
    }

    [Fact]
    public async Task Finds_nothing_where_the_process_says_that_there_is_nothing()
    {
        _api.OnProblem("GET sagas/s/1", new ManagementProblem(404, ProblemCodes.NotFound, "There is no such saga."));
        _api.OnProblem("GET sagas/s/2", new ManagementProblem(410, ProblemCodes.Removed, "It has been removed."));

        Assert.Null(await Management().FindSagaAsync("s", "1"));
        Assert.Equal(ProblemCodes.Removed, (await Assert.ThrowsAsync<ManagementException>(() => Management().FindSagaAsync("s", "2"))).Problem.Code);
        // Nothing of ours answers: that is not the same as no saga.
        Assert.Equal(ProblemCodes.NotSupported, (await Assert.ThrowsAsync<ManagementException>(() => Management().FindSagaAsync("s", "3"))).Problem.Code);
    }

    [Theory]
    [InlineData(401, ProblemCodes.Unauthenticated)]
    [InlineData(403, ProblemCodes.Forbidden)]
    [InlineData(302, ProblemCodes.Unauthenticated)]
    [InlineData(405, ProblemCodes.NotSupported)]
    [InlineData(429, ProblemCodes.Overloaded)]
    [InlineData(502, ProblemCodes.Unreachable)]
    [InlineData(503, ProblemCodes.Unreachable)]
    [InlineData(504, ProblemCodes.TooLate)]
    [InlineData(418, ProblemCodes.BadRequest)]
    [InlineData(500, ProblemCodes.Failed)]
    public async Task Has_words_for_what_stands_in_between(int status, string code)
    {
        _api.OnText("GET services", status, "text/html", "<html>");
        _api.OnText("GET definitions", status, "application/problem+json", "{\"title\":\"of another\"}");

        Assert.Equal((status, code), await CodeAsync(m => m.ServicesAsync()));
        Assert.Equal((status, code), await CodeAsync(m => m.DefinitionsAsync()));
    }

    [Theory]
    [InlineData("text/html", "<html>")]
    [InlineData("application/json", "{\"items\":")]
    [InlineData("application/json", "null")]
    [InlineData("application/json", "[]")]
    public async Task Does_not_take_for_an_answer_what_is_none(string type, string text)
    {
        _api.OnText("GET services", 200, type, text);

        Assert.Equal((502, ProblemCodes.Failed), await CodeAsync(m => m.ServicesAsync()));
    }

    [Fact]
    public async Task Says_that_nobody_listens()
    {
        var nobody = new HttpManagement(_http, new Uri("http://127.0.0.1:1/skald"));

        var thrown = await Assert.ThrowsAsync<ManagementException>(() => nobody.ActAsync("s", "1", new ActRequest(), s_terms));

        Assert.Equal("http://127.0.0.1:1/skald cannot be reached: nobody listens there.", thrown.Problem.Title);
        Assert.DoesNotContain("not known", thrown.Problem.Detail); // It was never sent.
    }

    [Fact]
    public async Task Says_of_an_act_that_was_cut_off_that_it_may_be_done()
    {
        _api.OnHttp("POST sagas/s/1/acts", http =>
        {
            http.Abort();
            return Task.CompletedTask;
        });

        var thrown = await Assert.ThrowsAsync<ManagementException>(() => Management().ActAsync("s", "1", new ActRequest { Act = "retry" }, s_terms));

        Assert.Equal(ProblemCodes.Unreachable, thrown.Problem.Code);
        Assert.StartsWith("Whether it was done is not known", thrown.Problem.Detail);
    }

    [Fact]
    public async Task Waits_no_longer_than_the_client_does_and_stops_when_told()
    {
        _api.OnHttp("GET services", http => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted));
        using var hasty = new HttpClient { Timeout = TimeSpan.FromMilliseconds(100) };
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));

        Assert.Equal(ProblemCodes.TooLate, (await Assert.ThrowsAsync<ManagementException>(() => new HttpManagement(hasty, new Uri(_api.Url)).ServicesAsync())).Problem.Code);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Management().ServicesAsync(stop.Token));
    }

    [Fact]
    public async Task Tells_of_changes_as_they_come_and_that_they_have_ended()
    {
        _api.OnText("GET events", 200, "text/event-stream", """
            event: change
            data: {"number":1,"kind":"flow","service":"s","id":"of-before"}

            event: ping
            data:

            event: change
            data: {"number":2,"kind":"flow","service":"s","id":"a"}

            event: something-new
            data: whatever

            event: change
            id: 3
            data: {"number":3,"kind":"saga","service":"s","id":"b"}

            event: ping
            data:


            """);
        var changes = new List<Change>();

        var thrown = await Assert.ThrowsAsync<ManagementException>(async () =>
        {
            await foreach (var change in Management().ChangesAsync())
            {
                changes.Add(change);
            }
        });

        Assert.Equal([new Change(2, "flow", "s", "a"), new Change(3, "saga", "s", "b")], changes);
        Assert.Equal(ProblemCodes.Unreachable, thrown.Problem.Code);
    }

    [Fact]
    public async Task Says_when_changes_are_refused()
    {
        _api.OnProblem("GET events", new ManagementProblem(503, ProblemCodes.Overloaded, "Too many listen already."));

        var thrown = await Assert.ThrowsAsync<ManagementException>(async () => await Management().ChangesAsync().FirstAsync());

        Assert.Equal("Too many listen already.", thrown.Problem.Title);
    }

    [Fact]
    public void Is_for_an_address() => Assert.Throws<ArgumentException>(() => new HttpManagement(_http, new Uri("file:///tmp")));

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _api.DisposeAsync();
    }

    private HttpManagement Management() => new(_http, new Uri(_api.Url));

    private async Task<(int Status, string Code)> CodeAsync<T>(Func<HttpManagement, Task<T>> ask)
    {
        var thrown = await Assert.ThrowsAsync<ManagementException>(() => ask(Management()));
        return (thrown.Problem.Status, thrown.Problem.Code);
    }
}
