using System.Net;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

/// <summary>Many listen, one looks.</summary>
public sealed class A_live_feed : IAsyncDisposable
{
    private readonly Source _source = new();
    private WebApplication? _app;
    private HttpClient? _http;

    [Fact]
    public async Task Asks_its_source_once_for_all_who_listen()
    {
        await StartAsync(new LiveFeedOptions { LookEvery = TimeSpan.FromMilliseconds(20) });
        var listening = new List<Listening>();
        for (var i = 0; i < 50; i++)
        {
            listening.Add(await ListenAsync());
        }

        var (asked, watch) = (_source.Asked, System.Diagnostics.Stopwatch.StartNew());
        for (var change = 1; change <= 10; change++)
        {
            _source.Change("a");
            foreach (var listener in listening)
            {
                Assert.Equal($"{change}", (await NextAsync(listener)).EventId);
            }
        }

        Assert.InRange(_source.Asked - asked, 10, 2 + (watch.ElapsedMilliseconds / 20));
        await LeaveAsync(listening);
    }

    [Fact]
    public async Task Is_not_asked_while_nobody_listens()
    {
        await StartAsync(new LiveFeedOptions { LookEvery = TimeSpan.FromMilliseconds(10) });
        await LeaveAsync([await ListenAsync()]);
        // It notices that the one has left.
        await Eventually.HoldsAsync("nobody asks", async () =>
        {
            var before = _source.Asked;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            return _source.Asked == before;
        });
        _source.Change("meanwhile");
        var back = await ListenAsync();
        Assert.Equal("1", (await NextAsync(back)).EventId);
        await LeaveAsync([back]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(1990)]
    [InlineData(2000)]
    public async Task Gives_who_comes_back_all_that_changed_since(int last)
    {
        for (var i = 0; i < 2000; i++)
        {
            _source.Change($"{i}");
        }

        await StartAsync();
        var listener = await ListenAsync(last, wait: false);
        for (var next = last + 1; next <= 2000; next++)
        {
            Assert.Equal($"{next}", (await NextAsync(listener)).EventId);
        }

        _source.Change("one more");
        Assert.Equal("2001", (await NextAsync(listener)).EventId);
        await LeaveAsync([listener]);
    }

    [Fact]
    public async Task Shows_who_comes_first_what_changed_last_each_as_it_is_now()
    {
        for (var i = 0; i < 100; i++)
        {
            _source.Change($"{i % 80}");
        }

        await StartAsync();
        var listener = await ListenAsync(wait: false);
        for (var next = 51; next <= 100; next++)
        {
            Assert.Equal($"{next}", (await NextAsync(listener)).EventId);
        }

        await LeaveAsync([listener]);
    }

    [Theory]
    [InlineData(2, 100)]
    [InlineData(100, 2)]
    public async Task Sends_away_who_is_too_many_and_takes_them_when_others_have_left(int all, int perAddress)
    {
        await StartAsync(new LiveFeedOptions { Listeners = all, ListenersPerAddress = perAddress });
        var (one, two) = (await ListenAsync(), await ListenAsync());
        using var refused = await Http.GetAsync("/changes", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(5), refused.Headers.RetryAfter?.Delta);
        Assert.True(refused.Headers.ConnectionClose);

        await LeaveAsync([one]);
        Listening? three = null;
        await Eventually.HoldsAsync("there is room", async () =>
        {
            try
            {
                three = await ListenAsync();
                return true;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        await LeaveAsync([two, three!]);
    }

    [Fact]
    public async Task Cuts_off_who_does_not_read_and_goes_on_with_the_others()
    {
        await StartAsync(new LiveFeedOptions { LookEvery = TimeSpan.FromMilliseconds(10), Listeners = 2 });
        using var deaf = new TcpClient { ReceiveBufferSize = 4096 };
        await deaf.ConnectAsync(IPAddress.Loopback, Http.BaseAddress!.Port, TestContext.Current.CancellationToken);
        await deaf.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET /changes HTTP/1.1\r\nHost: {Http.BaseAddress.Authority}\r\n\r\n"), TestContext.Current.CancellationToken);
        var listener = await ListenAsync();
        var change = 0;
        await Eventually.HoldsAsync("there is room for another", async () =>
        {
            _source.Change("big", new string('x', 1 << 18));
            Assert.Equal($"{++change}", (await NextAsync(listener)).EventId);
            using var other = await Http.GetAsync("/changes", HttpCompletionOption.ResponseHeadersRead);
            return other.IsSuccessStatusCode;
        });
        await LeaveAsync([listener]);
    }

    [Fact]
    public async Task Ends_when_its_source_fails_and_begins_anew_for_who_comes_back()
    {
        await StartAsync();
        var listener = await ListenAsync();
        _source.Fault = new IOException("away");
        await Eventually.HoldsAsync("the stream has ended", async () => !await listener.Events.MoveNextAsync());
        await LeaveAsync([listener]);
        _source.Fault = null;
        _source.Change("a");
        var back = await ListenAsync();
        Assert.Equal("1", (await NextAsync(back)).EventId);
        await LeaveAsync([back]);
    }

    [Fact]
    public async Task Answers_503_when_its_source_fails_at_once_and_begins_anew_for_who_comes_back()
    {
        await StartAsync();
        _source.Fault = new StoreUnavailableException("away");
        for (var time = 0; time < 2; time++)
        {
            using var refused = await Http.GetAsync("/changes", HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
        }

        _source.Fault = null;
        await LeaveAsync([await ListenAsync()]);
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }

    private HttpClient Http => _http ?? throw new InvalidOperationException("Start it first.");

    private async Task StartAsync(LiveFeedOptions? options = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSkaldEdge();
        _app = builder.Build();
        _app.UseSkaldEdge();
        var feed = new LiveFeed("thing", _source, TimeProvider.System, _app.Lifetime.ApplicationStopping, options);
        _app.MapGet("/changes", feed.FollowAsync);
        await _app.StartAsync();
        _http = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
    }

    /// <summary>Listens, and returns when all there is has come.</summary>
    private async Task<Listening> ListenAsync(long? last = null, bool wait = true)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/changes");
        if (last is { } id)
        {
            request.Headers.Add("Last-Event-ID", $"{id}");
        }

        var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        var listening = new Listening(response, SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync().GetAsyncEnumerator());
        if (wait && _source.Count == 0)
        {
            Assert.True(await listening.Events.MoveNextAsync());
            Assert.Equal("ping", listening.Events.Current.EventType);
        }

        return listening;
    }

    private static async Task<SseItem<string>> NextAsync(Listening listening)
    {
        do
        {
            Assert.True(await listening.Events.MoveNextAsync().AsTask().WaitAsync(Eventually.Patience));
        }
        while (listening.Events.Current.EventType == "ping");
        return listening.Events.Current;
    }

    private static async Task LeaveAsync(List<Listening> listening)
    {
        foreach (var listener in listening)
        {
            await listener.Events.DisposeAsync();
            listener.Response.Dispose();
        }
    }

    private sealed record Listening(HttpResponseMessage Response, IAsyncEnumerator<SseItem<string>> Events);

    private sealed class Source : ILiveSource
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<string, LiveItem> _items = [];
        private int _asked;
        private long _number;

        public int Asked => Volatile.Read(ref _asked);

        public int Count
        {
            get
            {
                lock (_lock)
                {
                    return _items.Count;
                }
            }
        }

        public Exception? Fault { get; set; }

        public void Change(string key, string data = "{}")
        {
            lock (_lock)
            {
                _items[key] = new LiveItem(++_number, key, data);
            }
        }

        public Task<IReadOnlyList<LiveItem>> NewestAsync(int limit, CancellationToken cancellationToken) => Ask(items => items.TakeLast(limit));

        public Task<IReadOnlyList<LiveItem>> ChangedSinceAsync(long number, int limit, CancellationToken cancellationToken) => Ask(items => items.Where(i => i.Number > number).Take(limit));

        private Task<IReadOnlyList<LiveItem>> Ask(Func<IEnumerable<LiveItem>, IEnumerable<LiveItem>> some)
        {
            Interlocked.Increment(ref _asked);
            lock (_lock)
            {
                return Fault is { } fault ? Task.FromException<IReadOnlyList<LiveItem>>(fault) : Task.FromResult<IReadOnlyList<LiveItem>>([.. some(_items.Values.OrderBy(i => i.Number))]);
            }
        }
    }
}
