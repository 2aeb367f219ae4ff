namespace Skald;

/// <summary>A saga runs a version of its definition that this process does not know. Nothing was changed: ask a process that knows it.</summary>
public sealed class SagaVersionUnknownException(string message) : InvalidOperationException(message);
