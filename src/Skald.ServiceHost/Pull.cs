using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Skald.Messaging;

namespace Skald.ServiceHost;

/// <summary>One pull. What is not acknowledged when it ends, however it ends, is delivered again.</summary>
internal sealed class Pull(ITransport transport, TimeProvider time, PullOptions options)
{
    private static readonly JsonDocumentOptions AsDeepAsMessages = new() { MaxDepth = 32 };

    // Once something came, what else is there comes right behind it.
    private static readonly TimeSpan WaitForMore = TimeSpan.FromMilliseconds(250);

    public async Task<int> RunAsync(string queue, CancellationToken cancellationToken)
    {
        var arrivals = Channel.CreateUnbounded<Delivery>();
        var pulled = new List<Delivery>();
        await using (await transport.ConsumeAsync(queue, options.Limit, delivery => arrivals.Writer.TryWrite(delivery), cancellationToken))
        {
            while (pulled.Count < options.Limit && await NextAsync(arrivals.Reader, pulled.Count == 0 ? options.Wait : WaitForMore, cancellationToken) is { } delivery)
            {
                pulled.Add(delivery);
                if (!options.Json)
                {
                    await Console.Out.WriteLineAsync(Line(delivery));
                }
            }

            if (options.Json)
            {
                await Console.Out.WriteAsync(Document(pulled));
            }

            if (pulled.Count == 0)
            {
                await Console.Error.WriteLineAsync(FormattableString.Invariant($"Nothing came to subscription '{options.Subscription}' within {options.Wait.TotalSeconds:0.##} s."));
            }
            else if (options.AutoAck)
            {
                Delivery.AcknowledgeAll(pulled);
            }
            else
            {
                await HoldAsync(pulled.Count, cancellationToken);
            }
        }

        return 0;
    }

    /// <summary>The message on one line. What is not JSON is shown as a JSON text, so that it can do nothing to a terminal.</summary>
    public static string Line(Delivery delivery) => Rendering.Own.Document(Data(delivery)).TrimEnd('\n');

    /// <summary>All that is known of the messages, as one document.</summary>
    public static string Document(IEnumerable<Delivery> deliveries) => Rendering.Own.Document(deliveries.Select(View));

    private async Task<Delivery?> NextAsync(ChannelReader<Delivery> arrivals, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(wait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await arrivals.ReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private async Task HoldAsync(int count, CancellationToken cancellationToken)
    {
        await Console.Error.WriteLineAsync(FormattableString.Invariant(
            $"Not acknowledged: {count} kept for {options.Lease.TotalSeconds:0.##} s, then delivered again; Ctrl+C gives back at once. Acknowledge with --auto-ack."));
        await Task.Delay(options.Lease, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static PulledMessage View(Delivery delivery) => new(
        delivery.Envelope?.Id, delivery.Envelope?.Type, delivery.Envelope?.Source, delivery.Envelope?.Flow, delivery.Envelope?.Time, delivery.Unreadable, Data(delivery));

    private static object Data(Delivery delivery)
    {
        try
        {
            var data = Parsed(delivery.Body);
            // Finds halves of surrogate pairs: JSON allows them, and they are no text.
            Rendering.Own.Document(data);
            return data;
        }
        catch (JsonException)
        {
            return Encoding.UTF8.GetString(delivery.Body.Span);
        }
    }

    private static JsonElement Parsed(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body, AsDeepAsMessages);
        return document.RootElement.Clone();
    }
}

/// <summary>A message as people see it.</summary>
internal sealed record PulledMessage(Guid? MessageId, string? Type, string? Source, string? Flow, DateTimeOffset? PublishedAt, string? Unreadable, object Data);
