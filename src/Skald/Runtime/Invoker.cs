using Skald.Messaging;

namespace Skald.Runtime;

/// <summary>
/// The one door of a lane to code that is not ours: each call has a deadline, a span and a scope of the log and, if it asks for one, a scope of the container,
/// which end with it.
/// </summary>
internal sealed class Invoker(CallWatch watch, ServiceSetup setup)
{
    /// <summary>Handles a command.</summary>
    /// <exception cref="CallTimeoutException">The handler did not return in time.</exception>
    public async ValueTask<Answer> HandleAsync(Handler handler, object command, MessageContext context)
    {
        var answer = await CallAsync(handler.Contract.Name, context, (handler, command, context), static call => call.handler.Handle(call.command, call.context));
        if (answer.Refusal is not null)
        {
            await context.ForgetFailedStatementsAsync();
        }

        return answer;
    }

    /// <summary>Takes the outcome of an outside call in.</summary>
    /// <exception cref="CallTimeoutException">The handler did not return in time.</exception>
    public ValueTask<Answer> RecordAsync(Handler handler, object command, object? outcome, MessageContext context) =>
        // Only handlers that call outside have outcomes.
        CallAsync(handler.Contract.Name, context, (handler, command, outcome, context), static call => new ValueTask<Answer>(call.handler.Record!(call.command, call.outcome, call.context)));

    /// <summary>Handles an event.</summary>
    /// <exception cref="CallTimeoutException">The handler did not return in time.</exception>
    public async ValueTask HandleAsync(EventSubscriber handler, object @event, MessageContext context) =>
        await CallAsync(handler.Contract.Name, context, (handler, @event, context), static async call =>
        {
            await call.handler.Handle(call.@event, call.context);
            return true;
        });

    /// <summary>Runs a saga's local code, or its undo.</summary>
    /// <exception cref="CallTimeoutException">It did not return in time.</exception>
    public async ValueTask<(object? State, Refusal? Refusal)> RunAsync(string step, Definition.LocalAction local, object state, StepContext context)
    {
        var result = await CallAsync(step, context, (local, state, context), static call => call.local(call.state, call.context));
        if (result.Refusal is not null)
        {
            await context.ForgetFailedStatementsAsync();
        }

        return result;
    }

    /// <summary>Runs the code of a request.</summary>
    /// <exception cref="CallTimeoutException">It did not return in time.</exception>
    public ValueTask<T> RunAsync<T>(Func<MessageContext, ValueTask<T>> code, MessageContext context) =>
        CallAsync("the code of a request", context, (code, context), static call => call.code(call.context));

    private async ValueTask<TResult> CallAsync<TCall, TResult>(string what, StepContext context, TCall call, Func<TCall, ValueTask<TResult>> code)
    {
        using var traced = TracedCall.Begin(context.Cause, setup);
        context.TraceParent = traced.TraceParent;
        watch.Begin(what);
        try
        {
            var running = code(call);
            var result = running.IsCompleted ? await running : await WithinDeadlineAsync(what, running.AsTask(), context);
            await context.EndScopeAsync();
            // It kept its thread, and was said to have failed.
            if (watch.HasExpired)
            {
                throw new CallTimeoutException(what, watch.Deadline);
            }

            traced.Returned(RefusalOf(result));
            return result;
        }
        catch (OperationCanceledException) when (watch.HasExpired)
        {
            // It kept to its token.
            await context.EndScopeAsync();
            var late = new CallTimeoutException(what, watch.Deadline);
            traced.Failed(late);
            throw late;
        }
        catch (CallTimeoutException late)
        {
            traced.Failed(late);
            throw;
        }
        catch (Exception exception)
        {
            traced.Failed(exception);
            await context.EndScopeAsync();
            throw;
        }
        finally
        {
            watch.End();
        }
    }

    private static Refusal? RefusalOf<TResult>(TResult result) => result switch
    {
        Answer answer => answer.Refusal,
        ValueTuple<object?, Refusal?> local => local.Item2,
        _ => null,
    };

    private async ValueTask<TResult> WithinDeadlineAsync<TResult>(string what, Task<TResult> task, StepContext context)
    {
        try
        {
            return await task.WaitAsync(watch.Expired);
        }
        catch (OperationCanceledException) when (!task.IsCompleted)
        {
            // Its scope is its own until it returns after all.
            _ = EndLaterAsync(task, context);
            throw new CallTimeoutException(what, watch.Deadline);
        }
    }

    private static async Task EndLaterAsync(Task call, StepContext context)
    {
        await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await context.EndScopeAsync();
    }
}
