using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Skald.Diagnostics;

/// <summary>
/// A log in which strangers write no lines of their own: names and reasons come from the wire, and control characters in them would move a terminal's cursor or
/// begin a new line. They are shown escaped, as in JSON; the values of structured logs stay as they are.
/// </summary>
/// <param name="logger">Writes it.</param>
internal sealed class PlainLogger(ILogger logger) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => logger.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            logger.Log(logLevel, eventId, state, exception, (s, e) => Plain(formatter(s, e)));
        }
    }

    private static string Plain(string text) =>
        text.Any(char.IsControl) ? JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString() : text;
}
