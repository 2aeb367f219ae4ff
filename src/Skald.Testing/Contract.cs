using System.Runtime.CompilerServices;

namespace Skald.Testing;

/// <summary>What was promised does not hold. The message says what was expected and what came.</summary>
public sealed class SkaldAssertionException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>One case of a contract suite, for any test runner to host.</summary>
/// <typeparam name="T">What is under contract.</typeparam>
/// <param name="Name">A sentence about behaviour.</param>
/// <param name="Run">
/// Runs it. The function it gets opens what is under contract, empty and not yet started; called again, it opens the
/// same data once more, as another process would. The case disposes all that it opened.
/// </param>
public sealed record ContractCase<T>(string Name, Func<Func<Task<T>>, Task> Run) where T : IAsyncDisposable
{
    /// <summary>The name.</summary>
    public override string ToString() => Name;
}

internal static class Expect
{
    /// <summary>How long a case waits for something that must come; far more than it takes.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static void That(bool holds, [CallerArgumentExpression(nameof(holds))] string claim = "")
    {
        if (!holds)
        {
            throw new SkaldAssertionException($"It does not hold that {claim}.");
        }
    }

    public static void Equal<T>(T expected, T actual, [CallerArgumentExpression(nameof(actual))] string what = "")
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new SkaldAssertionException($"{what} is {actual?.ToString() ?? "null"}; expected {expected?.ToString() ?? "null"}.");
        }
    }

    public static void Bytes(ReadOnlyMemory<byte> expected, ReadOnlyMemory<byte> actual, [CallerArgumentExpression(nameof(actual))] string what = "")
    {
        if (!expected.Span.SequenceEqual(actual.Span))
        {
            throw new SkaldAssertionException($"{what} has {actual.Length} bytes that differ from the {expected.Length} expected.");
        }
    }

    public static void Sequence<T>(IEnumerable<T> expected, IEnumerable<T> actual, [CallerArgumentExpression(nameof(actual))] string what = "")
    {
        var (wanted, came) = (expected.ToList(), actual.ToList());
        if (!wanted.SequenceEqual(came))
        {
            throw new SkaldAssertionException($"{what} is [{string.Join(", ", came)}]; expected [{string.Join(", ", wanted)}].");
        }
    }

    /// <summary>Says in which case something went wrong, whatever it was: runners cut long names.</summary>
    public static async Task NamedAsync(string name, Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (Exception exception)
        {
            var what = exception is SkaldAssertionException ? exception.Message : $"{exception.GetType().Name}: {exception.Message}";
            throw new SkaldAssertionException($"'{name}': {what}", exception);
        }
    }

    public static async Task ThrowsAsync<TException>(Func<Task> code, [CallerArgumentExpression(nameof(code))] string what = "") where TException : Exception
    {
        var came = "nothing";
        try
        {
            await code();
        }
        catch (TException)
        {
            return;
        }
        catch (Exception exception)
        {
            came = $"{exception.GetType().Name}: {exception.Message}";
        }

        throw new SkaldAssertionException($"{typeof(TException).Name} was expected of {what}, and {came} came.");
    }
}
