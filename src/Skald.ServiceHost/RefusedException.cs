namespace Skald;

/// <summary>A verb could not do what was asked: exit code 1, with the message as the one line on stderr.</summary>
/// <param name="message">What happened, with the value, and what to do.</param>
public sealed class RefusedException(string message) : Exception(message);
