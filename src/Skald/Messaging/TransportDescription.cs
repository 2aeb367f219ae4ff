namespace Skald.Messaging;

/// <summary>What a transport says of itself, for documents and for the checks at start-up.</summary>
public sealed record TransportDescription
{
    /// <summary>A transport without a server, that carries whatever it is given.</summary>
    public static TransportDescription Embedded { get; } = new();

    /// <summary>The server that carries the messages; null when none does.</summary>
    public TransportServer? Server { get; init; }

    /// <summary>How messages look to programs of other kinds; null when only Skald reads them.</summary>
    public WireDescription? Wire { get; init; }

    /// <summary>How long names may be.</summary>
    public NameLimits Limits { get; init; } = new();
}

/// <summary>A server as a document may name it: never with user or password.</summary>
/// <param name="Protocol">Such as <c>amqp</c>.</param>
/// <param name="Host">Host, and the port when it is not the protocol's own.</param>
/// <param name="Path">Virtual host or database, with a slash in front; null for none.</param>
/// <param name="ProtocolVersion">Such as <c>0.9.1</c>; null when there is nothing to say.</param>
public sealed record TransportServer(string Protocol, string Host, string? Path = null, string? ProtocolVersion = null);

/// <summary>The most bytes of UTF-8 that names may have on a transport; null for as many as one likes.</summary>
public sealed record NameLimits
{
    /// <summary>A service's full name.</summary>
    public int? Service { get; init; }

    /// <summary>A queue's full name.</summary>
    public int? Queue { get; init; }

    /// <summary>A topic's full name.</summary>
    public int? Topic { get; init; }

    /// <summary>The wire name of a message.</summary>
    public int? Message { get; init; }

    /// <summary>The name of a step that sends commands.</summary>
    public int? Step { get; init; }
}
