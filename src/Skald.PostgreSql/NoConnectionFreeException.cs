namespace Skald.PostgreSql;

/// <summary>Others use all connections of a kind that this process may have.</summary>
internal sealed class NoConnectionFreeException() : TimeoutException("All connections are in use.");
