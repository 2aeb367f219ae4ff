using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Skald.Messaging;

namespace Skald.Management.Tests;

/// <summary>What is marked as sensitive, looked for in all that leaves a process.</summary>
public sealed class What_is_sensitive
{
    private const string Number = "4111222233334444";

    private readonly ConcurrentQueue<string> _told = new();

    [Fact]
    public async Task Is_in_no_answer_no_log_and_no_span()
    {
        using var listener = Listen();
        await using var site = await Site.StartAsync(sqlite: true, configure: builder => builder.Logging.SetMinimumLevel(LogLevel.Trace).Services.AddSingleton<ILoggerProvider>(new Told(_told)));
        var id = await site.StartAsync(new Order("4711", 80, Card: Number));
        await Eventually.HoldsAsync("it waits for its confirmation", async () => (await site[Site.Orders].Operations.FindSagaAsync(id))?.Summary.Step == "confirmation");
        // One that cannot be read lies among the dead letters.
        await site[Site.Orders].SendSignedAsync(new OutgoingMessage(
            new Envelope { Id = Guid.CreateVersion7(), Type = "cards.authorize", Kind = MessageKind.Command, Source = "shop.orders", Destination = "shop.cards.commands", Time = TimeProvider.System.GetUtcNow() },
            Encoding.UTF8.GetBytes($$$"""{"order":[],"card":{"number":"{{{Number}}}","holder":"Ann"}}""")));
        await Eventually.HoldsAsync("it is given up", async () => (await site["shop.cards"].Operations.DeadLettersAsync()).Count == 1);
        var acts = $"sagas/{Site.Orders}/{id}/acts";
        await site.SendAsync("POST", acts, """{"act":"pause"}""");

        var (_, forecast, _) = await site.SendAsync("POST", $"{acts}?dryRun=true", $$$"""{"act":"edit","patch":{"card":"{{{Number}}}"}}""");
        Assert.Equal("***", forecast.GetProperty("state").GetProperty("card").GetString());
        var (edited, answer, _) = await site.SendAsync("POST", acts, $$"""{"act":"edit","patch":{"card":"{{Number}}","transaction":"by hand"},"reason":"a test"}""");
        Assert.True(edited == HttpStatusCode.OK, answer.ToString());
        var (begun, job, _) = await site.SendAsync("POST", "jobs", $$$$"""{"service":"{{{{Site.Orders}}}}","q":"4711","act":{"act":"edit","patch":{"card":"{{{{Number}}}}"}}}""");
        Assert.True(begun == HttpStatusCode.OK, job.ToString());

        var (_, saga, _) = await site.GetAsync($"sagas/{Site.Orders}/{id}");
        Assert.Equal(("***", "4711"), (saga.GetProperty("state").GetProperty("card").GetString(), saga.GetProperty("state").GetProperty("id").GetString()));
        var letter = (await site.GetAsync("dead-letters")).Body.GetProperty("items")[0].GetProperty("number").GetInt64();
        var (_, detail, _) = await site.GetAsync($"dead-letters/shop.cards/{letter}");
        Assert.Contains("\"number\":\"***\",\"holder\":\"Ann\"", detail.GetProperty("body").GetString()!, StringComparison.Ordinal);
        Assert.Contains("\"card\":\"***\"", (await site.GetAsync("audit")).Body.ToString().Replace("\\u0022", "\"", StringComparison.Ordinal), StringComparison.Ordinal);

        foreach (var route in ManagementRoutes.All.Where(route => route.Method == "GET"))
        {
            var path = route.Pattern.Replace("{service}", Site.Orders, StringComparison.Ordinal).Replace("{id}", id.ToString(), StringComparison.Ordinal).Replace("{number}", $"{letter}", StringComparison.Ordinal);
            using var response = await site.Http.GetAsync($"/skald/api/{path}");
            _told.Enqueue($"{path}: {await response.Content.ReadAsStringAsync()}");
        }

        Assert.True(_told.Count > 50, $"Only {_told.Count} lines.");
        Assert.DoesNotContain(_told, line => line.Contains(Number, StringComparison.Ordinal));
        // It was stored and sent as it is.
        Assert.Equal(Number, (await site[Site.Orders].WaitAsync(id)).State.GetProperty("card").GetString());
    }

    private ActivityListener Listen()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = _ => true, Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => _told.Enqueue($"{activity.DisplayName} {activity.StatusDescription} {string.Join(' ', activity.TagObjects)} {string.Join(' ', activity.Events.SelectMany(e => e.Tags))}"),
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private sealed class Told(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
