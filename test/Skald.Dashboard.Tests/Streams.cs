using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.Extensions.DependencyInjection;
using Skald.Dashboard.Tests.Fake;
using Skald.Management;

namespace Skald.Dashboard.Tests;

/// <summary>Answers that take long: a whole journal, and what changes.</summary>
public sealed class What_is_streamed : IAsyncLifetime
{
    private readonly Deadlines _deadlines = new();
    private readonly HttpClient _http = new();
    private readonly Site _site;

    public What_is_streamed() => _site = new Site
    {
        Options = new SkaldManagementOptions { LocalOnly = true, Live = new LiveFeedOptions { ListenersPerAddress = 2 } },
        Add = services => services.AddSingleton<IStartupFilter>(_deadlines),
    };

    public ValueTask InitializeAsync() => _site.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _site.DisposeAsync();
    }

    [Fact]
    public async Task A_journal_is_whole_however_long_it_is()
    {
        var saga = Samples.Sagas[7];
        using var answer = await _http.GetAsync($"{_site.Address}/sagas/{saga.Service}/{saga.Id}/journal.ndjson");

        Assert.Equal((HttpStatusCode.OK, "application/x-ndjson"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        var lines = (await answer.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Enumerable.Range(0, 20_000).Select(i => (long)i), lines.Select(line => JsonElement.Parse(line).GetProperty("version").GetInt64()));
        Assert.Equal(1, _deadlines.Lifted);
    }

    [Fact]
    public async Task Only_so_many_follow_what_changes_and_none_has_a_deadline()
    {
        var first = await FollowAsync();
        var second = await FollowAsync();
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (first.StatusCode, first.Content.Headers.ContentType?.MediaType));
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        using (var third = await FollowAsync())
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, third.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(5), third.Headers.RetryAfter?.Delta);
        }

        Assert.Equal(3, _deadlines.Lifted);
        Assert.Equal(2, _site.Fake.Listeners);
        first.Dispose();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        do
        {
            await look.WaitForNextTickAsync(limit.Token);
            first = await FollowAsync();
        }
        while (first.StatusCode is HttpStatusCode.ServiceUnavailable);

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        first.Dispose();
        second.Dispose();
    }

    private Task<HttpResponseMessage> FollowAsync() => _http.GetAsync(_site.Address + "/live", HttpCompletionOption.ResponseHeadersRead);

    /// <summary>Gives every request a deadline, and counts those of which it was taken.</summary>
    private sealed class Deadlines : IStartupFilter, IHttpRequestTimeoutFeature
    {
        private int _lifted;

        public int Lifted => _lifted;

        public CancellationToken RequestTimeoutToken => CancellationToken.None;

        public void DisableTimeout() => Interlocked.Increment(ref _lifted);

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((http, inside) =>
            {
                http.Features.Set<IHttpRequestTimeoutFeature>(this);
                return inside(http);
            });
            next(app);
        };
    }
}
