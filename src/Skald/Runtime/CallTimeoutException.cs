namespace Skald.Runtime;

/// <summary>Code that is not ours did not return in time. It may still run; what it does in the transaction is lost.</summary>
internal sealed class CallTimeoutException(string what, TimeSpan deadline) : TimeoutException($"'{what}' did not return within {deadline}")
{
    /// <summary>What it was part of, where that is known.</summary>
    public Work? Work { get; set; }

    /// <summary>The timeout behind an exception, if it is one or a saga's local code ran into it.</summary>
    public static CallTimeoutException? In(Exception exception) => exception as CallTimeoutException ?? exception.InnerException as CallTimeoutException;
}
