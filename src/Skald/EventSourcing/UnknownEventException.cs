namespace Skald.EventSourcing;

/// <summary>An event is stored that the code cannot read. Nothing is skipped: whoever reads it stops there until the code can.</summary>
public sealed class UnknownEventException(string message, Exception? inner = null) : Exception(message, inner);
