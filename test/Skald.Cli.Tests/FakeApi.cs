using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Skald.Management;

namespace Skald.Cli.Tests;

/// <summary>A request as it arrived.</summary>
internal sealed record Arrived(string Method, string Target, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public T As<T>() => JsonSerializer.Deserialize(Body, ManagementJson.Of<T>())!; // A test that sends nothing fails here.
}

/// <summary>A process that answers what a test tells it to, over a real connection.</summary>
internal sealed class FakeApi : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Func<HttpContext, Task>> _answers = new();

    private FakeApi(WebApplication app) => _app = app;

    public ConcurrentQueue<Arrived> Requests { get; } = new();

    public string Url => _app.Urls.Single() + "/skald";

    public static async Task<FakeApi> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var api = new FakeApi(builder.Build());
        api._app.Run(api.AnswerAsync);
        await api._app.StartAsync();
        return api;
    }

    /// <param name="what">Method and path below the API, such as <c>GET sagas</c>.</param>
    /// <param name="answer">What it is answered.</param>
    public FakeApi On<T>(string what, T answer) => On(what, _ => answer);

    public FakeApi On<T>(string what, Func<Arrived, T> answer) => OnHttp(what, http =>
    {
        http.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(http.Response.Body, answer(Requests.Last()), ManagementJson.Of<T>());
    });

    public FakeApi OnProblem(string what, ManagementProblem problem) => OnHttp(what, http =>
    {
        http.Response.StatusCode = problem.Status;
        http.Response.ContentType = "application/problem+json";
        return JsonSerializer.SerializeAsync(http.Response.Body, problem, ManagementJson.Of<ManagementProblem>());
    });

    public FakeApi OnText(string what, int status, string type, string text) => OnHttp(what, http =>
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = type;
        return http.Response.WriteAsync(text);
    });

    public FakeApi OnHttp(string what, Func<HttpContext, Task> answer)
    {
        _answers[what] = answer;
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var headers = http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        Requests.Enqueue(new Arrived(http.Request.Method, http.Request.Path + http.Request.QueryString.ToString(), await reader.ReadToEndAsync(), headers));
        var what = $"{http.Request.Method} {http.Request.Path.ToString()["/skald/api/".Length..]}";
        await (_answers.TryGetValue(what, out var answer) ? answer(http) : Task.FromResult(http.Response.StatusCode = 404));
    }
}
