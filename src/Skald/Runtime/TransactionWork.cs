using System.Diagnostics;
using System.Text.Json;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>Code of an HTTP request or a CLI verb, in a transaction of the service; done once for each key, if it has one.</summary>
/// <param name="code">The code.</param>
/// <param name="id">Under which it sends and publishes.</param>
/// <param name="key">By which a repeat is recognised; null for none.</param>
internal sealed class TransactionWork<T>(Func<MessageContext, ValueTask<T>> code, Guid id, RequestKey? key) : Work
{
    private readonly TaskCompletionSource<RequestAnswer<T>> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RequestAnswer<T>? _answer;
    private Exception? _refusal;
    private readonly string? _askedIn = Activity.Current?.Id;

    public Task<RequestAnswer<T>> Done => _done.Task;

    public override int? Affinity => key is null ? id.GetHashCode() : key.Key.GetHashCode(StringComparison.Ordinal);

    public override void AddKeys(LoadRequest request, EventRouting routing)
    {
        if (key is not null)
        {
            request.Requests.Add(key.Key);
        }
    }

    public override async ValueTask ApplyAsync(BatchRun run)
    {
        (_answer, _refusal) = (null, null);
        if (key is not null && run.FindRequest(key.Key) is { } before)
        {
            // Told after the commit: its neighbours in the batch have nothing to do with it.
            _refusal = key.Conflict(before);
            _answer = _refusal is null ? new RequestAnswer<T>(Read(before, run), Repeated: true) : null;
            return;
        }

        if (key is not null)
        {
            // A repeat must get what the first one got.
            run.Serializer.RoundTrip.Demand(typeof(T));
        }

        var context = run.NewRequestContext(id, _askedIn);
        var result = await run.Invoker.RunAsync(code, context);
        await run.Mail.SendFromAsync(context);
        if (key is not null)
        {
            run.AddRequest(new RequestRow(key.Key, key.Fingerprint, JsonSerializer.SerializeToUtf8Bytes(result, run.Serializer.Options.GetTypeInfo(typeof(T))), UnixTime.From(run.Now)));
            run.WritesAnything = true;
        }

        _answer = new RequestAnswer<T>(result, Repeated: false);
    }

    private static T Read(RequestRow row, BatchRun run)
    {
        try
        {
            // What was written as one may be null.
            return (T)JsonSerializer.Deserialize(row.Answer.Span, run.Serializer.Options.GetTypeInfo(typeof(T)))!;
        }
        catch (JsonException exception)
        {
            throw new InvalidOperationException($"The answer that is remembered for request '{row.Key}' cannot be read as {typeof(T).Name}: {exception.Message}", exception);
        }
    }

    public override void Committed(Aftermath after)
    {
        if (_refusal is not null)
        {
            _done.TrySetException(_refusal);
            return;
        }

        // Set by ApplyAsync, which ran before the commit.
        _done.TrySetResult(_answer!);
    }

    public override void Abandon(Exception exception) => _done.TrySetException(exception is LocalStepException local ? local.InnerException! : exception);
}
