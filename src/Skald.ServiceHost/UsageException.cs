namespace Skald.ServiceHost;

/// <summary>The command line makes no sense: exit code 2, with the message and the usage on stderr.</summary>
internal class UsageException(string message) : Exception(message);

/// <summary>The command line asks for something this version does not have: exit code 2, and the usage would not help.</summary>
internal sealed class NotSupportedHereException(string message) : UsageException(message);
