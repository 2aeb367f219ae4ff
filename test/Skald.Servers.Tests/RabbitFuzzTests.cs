using System.Text;
using RabbitMQ.Client;
using Skald.RabbitMq;
using Skald.Tests;
using Xunit;

namespace Skald.Servers.Tests;

/// <summary>Whatever strangers write into RabbitMQ's properties and parcels is read, or refused with a reason.</summary>
public sealed class A_parser_of_the_wire
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Of_properties_and_headers_throws_nothing_and_says_why() => Fuzzer.Run(
        [
            "type=seats.reserve\nid=00000001-0002-0003-0000-000000000000\ncorrelation=00000004-0005-0006-0000-000000000000/7c9e6679742540de944be07fc1f90ae7/1/do/reserve seat\nreply=t.trip.replies"u8.ToArray(),
            "type=seats.reserved\nid=x\ncorrelation=00000004-0005-0006-0000-000000000000/7c9e6679742540de944be07fc1f90ae7/1/undo/a/b\ncloudEvents_handledin=12\ncloudEvents_skaldkind=reply"u8.ToArray(),
            "cloudEvents_type=PAID\ncloudEvents_id=7\ncloudEvents_source=t.pay\ncloudEvents_stream=till/a\ncloudEvents_sequence=3\ncontent=application/json"u8.ToArray(),
        ],
        bytes =>
        {
            var envelope = Wire.TryRead(Properties(Encoding.UTF8.GetString(bytes)), "q", Noon, out var problem, bytes.Length % 3 == 0 ? "topic" : null);
            Assert.True(envelope is null == problem.Length > 0);
            return envelope is null ? problem : $"{envelope.Kind} {envelope.Step is null} {envelope.Saga is null} {envelope.Place is null} {envelope.HandledIn is null}";
        });

    [Fact]
    public void Of_parcels_throws_nothing() => Fuzzer.Run(
        ["2 2\n{}{}\n3 0\n{ }\n"u8.ToArray(), "0 0\n\n"u8.ToArray(), "12 1\n0123456789ab1\n"u8.ToArray()],
        bytes => ParcelFormat.TryRead(bytes) is { } parts ? new string('m', Math.Min(parts.Count, 20)) : "none");

    [Fact]
    public void Of_correlations_throws_nothing() => Fuzzer.Run(
        ["00000004-0005-0006-0000-000000000000/7c9e6679742540de944be07fc1f90ae7/1/do/reserve seat"u8.ToArray(), "00000004-0005-0006-0000-000000000000"u8.ToArray()],
        bytes => Correlation.TryParse(Encoding.UTF8.GetString(bytes)));

    private static BasicProperties Properties(string text)
    {
        var properties = new BasicProperties { Headers = new Dictionary<string, object?>() };
        foreach (var line in text.Split('\n'))
        {
            var (name, value) = line.Split('=', 2) is [var n, var v] ? (n, v) : (line, "");
            switch (name)
            {
                case "type": properties.Type = value; break;
                case "id": properties.MessageId = value; break;
                case "correlation": properties.CorrelationId = value; break;
                case "reply": properties.ReplyTo = value; break;
                case "content": properties.ContentType = value; break;
                // As they come: bytes, numbers, and whatever else AMQP has.
                default: properties.Headers[name] = value.Length % 5 == 0 ? value.Length : value.Length % 7 == 0 ? new List<object?> { value } : Encoding.UTF8.GetBytes(value); break;
            }
        }

        return properties;
    }
}
