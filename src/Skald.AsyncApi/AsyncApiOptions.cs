namespace Skald;

/// <summary>What a service's AsyncAPI document says besides what the service runs.</summary>
public sealed record AsyncApiOptions
{
    /// <summary>The title.</summary>
    /// <value>Made from the last part of the service's name unless set: <c>Order service</c>.</value>
    public string? Title { get; init; }

    /// <summary>The version of what the service says and hears.</summary>
    public string Version { get; init; } = "1.0.0";

    /// <summary>The servers that carry its messages. None when no server does, as with the embedded broker.</summary>
    public IReadOnlyList<AsyncApiServer> Servers { get; init; } = [];

    /// <summary>The exchange of type topic that published events go through on RabbitMQ; null to leave it out.</summary>
    public string? TopicExchange { get; init; }

    /// <summary>The arguments with which a queue is declared on RabbitMQ, documented as <c>x-rabbitmq</c>.</summary>
    public Func<string, IReadOnlyDictionary<string, object?>>? QueueArguments { get; init; }
}

/// <summary>A server as the document names it. Never put user or password here.</summary>
/// <param name="Name">Its key, such as <c>broker</c>.</param>
/// <param name="Protocol">Such as <c>amqp</c>.</param>
/// <param name="Host">Host and port.</param>
/// <param name="Path">Virtual host or database, with a slash in front; null for none.</param>
/// <param name="ProtocolVersion">Such as <c>0.9.1</c>; null when there is nothing to say.</param>
public sealed record AsyncApiServer(string Name, string Protocol, string Host, string? Path = null, string? ProtocolVersion = null);
