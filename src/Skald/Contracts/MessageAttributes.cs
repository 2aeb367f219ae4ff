namespace Skald;

/// <summary>Gives a command its wire name, the service that handles it, and the names of its answers. It is this type's alone.</summary>
/// <param name="name">The wire name, such as <c>billing.pay</c>. It outlives renames of the C# type.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class CommandAttribute(string name) : Attribute
{
    /// <summary>The wire name.</summary>
    public string Name { get; } = name;

    /// <summary>
    /// The service that handles the command: <c>billing</c> within the sender's own system, or a full name such
    /// as <c>parking.billing</c>. Required.
    /// </summary>
    public string? To { get; init; }

    /// <summary>The wire name of the reply; <c>{name}.response.success</c> unless set.</summary>
    public string? Reply { get; init; }

    /// <summary>The wire name of a refusal; <c>{name}.response.failure</c> unless set.</summary>
    public string? Refusal { get; init; }
}

/// <summary>Gives an event its wire name. It is this type's alone: a derived one needs its own.</summary>
/// <param name="name">The wire name, such as <c>ORDER_PAID</c>.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class EventAttribute(string name) : Attribute
{
    /// <summary>The wire name.</summary>
    public string Name { get; } = name;

    /// <summary>The topic that the event is published to, within the publisher's own system; the wire name unless set.</summary>
    public string? Topic { get; init; }
}
