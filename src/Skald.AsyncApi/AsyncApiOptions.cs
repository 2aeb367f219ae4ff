using Skald.Messaging;

namespace Skald;

/// <summary>What a service's AsyncAPI document says besides what the service runs.</summary>
public sealed record AsyncApiOptions
{
    /// <summary>The title.</summary>
    /// <value>Made from the last part of the service's name unless set: <c>Order service</c>.</value>
    public string? Title { get; init; }

    /// <summary>The version of what the service says and hears.</summary>
    public string Version { get; init; } = "1.0.0";

    /// <summary>The servers that carry its messages.</summary>
    /// <value>The one that the service's transport names unless set; none when no server carries them, as with the embedded broker.</value>
    public IReadOnlyList<AsyncApiServer>? Servers { get; init; }

    /// <summary>How messages look to programs that are not written with Skald.</summary>
    /// <value>As the service's transport says unless set; one that only Skald reads says nothing.</value>
    public WireDescription? Wire { get; init; }
}

/// <summary>A server as the document names it. Never put user or password here.</summary>
/// <param name="Name">Its key, such as <c>broker</c>.</param>
/// <param name="Protocol">Such as <c>amqp</c>.</param>
/// <param name="Host">Host and port.</param>
/// <param name="Path">Virtual host or database, with a slash in front; null for none.</param>
/// <param name="ProtocolVersion">Such as <c>0.9.1</c>; null when there is nothing to say.</param>
public sealed record AsyncApiServer(string Name, string Protocol, string Host, string? Path = null, string? ProtocolVersion = null);
