using Microsoft.AspNetCore.Connections;

namespace Skald.ServiceHost;

/// <summary>What a failure is called on stderr: what happened and what to do, without a stack trace.</summary>
internal static class Failures
{
    public static string Line(Exception exception) => exception switch
    {
        RefusedException => exception.Message,
        SagaDefinitionException => exception.Message, // Lists every problem, a line each.
        OperationCanceledException => "Stopped before it was done.",
        IOException { InnerException: AddressInUseException } => $"{OneLine(exception)} Stop the other process, or choose another address with --urls.",
        UnauthorizedAccessException => $"{OneLine(exception)} Choose another folder with --data.",
        _ => OneLine(exception),
    };

    /// <summary>What strangers have written into it moves no terminal's cursor.</summary>
    private static string OneLine(Exception exception) => string.Concat(exception.Message.ReplaceLineEndings(" ").Select(c => char.IsControl(c) ? $"\\u{(int)c:x4}" : $"{c}"));
}
