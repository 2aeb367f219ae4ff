namespace Skald.ServiceHost;

/// <summary>The command line makes no sense: exit code 2, with the message on stderr.</summary>
internal sealed class UsageException(string message) : Exception(message);
