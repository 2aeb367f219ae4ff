using System.Collections.Concurrent;
using System.Globalization;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Skald.EndToEnd;

/// <summary>A span as it was exported.</summary>
internal sealed record ExportedSpan(string Service, string Trace, string Id, string Parent, string Name, int Kind, int Status, IReadOnlyDictionary<string, string> Tags, IReadOnlyList<string> Links);

/// <summary>Takes what OTLP exporters send by HTTP, and reads of it what the tests ask for. The numbers are those of the fields in <c>opentelemetry/proto</c> 1.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpReceiver(WebApplication app) => _app = app;

    public ConcurrentQueue<ExportedSpan> Spans { get; } = new();

    /// <summary>The names of metrics, with their units.</summary>
    public ConcurrentDictionary<string, string> Metrics { get; } = new();

    /// <summary>The names of the attributes of log records, scopes included.</summary>
    public ConcurrentDictionary<string, bool> LogAttributes { get; } = new();

    public Uri Address => new(_app.Urls.Single());

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new OtlpReceiver(app);
        app.MapPost("/v1/traces", http => TakeAsync(http, receiver.TakeTraces));
        app.MapPost("/v1/metrics", http => TakeAsync(http, receiver.TakeMetrics));
        app.MapPost("/v1/logs", http => TakeAsync(http, receiver.TakeLogs));
        await app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task TakeAsync(HttpContext http, Action<byte[]> take)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        take(body.ToArray());
        http.Response.ContentType = "application/x-protobuf";
    }

    private void TakeTraces(byte[] request)
    {
        foreach (var resource in Fields(request, 1))
        {
            var service = Attributes(Fields(resource, 1).Single(), 1)["service.name"];
            foreach (var span in Fields(resource, 2).SelectMany(scope => Fields(scope, 2)))
            {
                Spans.Enqueue(new ExportedSpan(
                    service, Hex(span, 1), Hex(span, 2), Hex(span, 4), Text(span, 5), (int)Number(span, 6), Fields(span, 15).Select(status => (int)Number(status, 3)).SingleOrDefault(),
                    Attributes(span, 9), [.. Fields(span, 13).Select(link => Hex(link, 2))]));
            }
        }
    }

    private void TakeMetrics(byte[] request)
    {
        foreach (var metric in Fields(request, 1).SelectMany(resource => Fields(resource, 2)).SelectMany(scope => Fields(scope, 2)))
        {
            Metrics[Text(metric, 1)] = Text(metric, 3);
        }
    }

    private void TakeLogs(byte[] request)
    {
        foreach (var name in Fields(request, 1).SelectMany(resource => Fields(resource, 2)).SelectMany(scope => Fields(scope, 2)).SelectMany(record => Attributes(record, 6).Keys))
        {
            LogAttributes[name] = true;
        }
    }

    private static Dictionary<string, string> Attributes(byte[] message, int field)
    {
        var all = new Dictionary<string, string>();
        foreach (var pair in Fields(message, field))
        {
            var value = Fields(pair, 2).Single();
            all[Text(pair, 1)] = Fields(value, 1) is [var text] ? System.Text.Encoding.UTF8.GetString(text) : Number(value, 2) + Number(value, 3) is var number ? number.ToString(CultureInfo.InvariantCulture) : "";
        }

        return all;
    }

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(Fields(message, field).SingleOrDefault() ?? []);

    private static string Text(byte[] message, int field) => System.Text.Encoding.UTF8.GetString(Fields(message, field).SingleOrDefault() ?? []);

    private static long Number(byte[] message, int field)
    {
        var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.Varint)
            {
                return input.ReadInt64();
            }

            input.SkipLastField();
        }

        return 0;
    }

    private static List<byte[]> Fields(byte[] message, int field)
    {
        var (input, found) = (new CodedInputStream(message), new List<byte[]>());
        while (input.ReadTag() is var tag and not 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
            {
                found.Add(input.ReadBytes().ToByteArray());
            }
            else
            {
                input.SkipLastField();
            }
        }

        return found;
    }
}
