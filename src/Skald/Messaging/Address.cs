namespace Skald.Messaging;

/// <summary>Names of services and their queues. A service is called <c>system.service</c>; several systems share a broker.</summary>
public static class Address
{
    /// <summary>The full name of <paramref name="to"/> as seen from <paramref name="service"/>: short names stay within the system.</summary>
    public static string Service(string service, string to)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(to);
        var dot = service.LastIndexOf('.');
        return to.Contains('.', StringComparison.Ordinal) || dot < 0 ? to : string.Concat(service.AsSpan(0, dot + 1), to);
    }

    /// <summary>The queue of a service's commands.</summary>
    public static string Commands(string service) => service + ".commands";

    /// <summary>The queue of the events that a service subscribes to, unless a subscription of its own is named.</summary>
    public static string Events(string service) => service + ".events";

    /// <summary>The full name of a topic or a named subscription as seen from a service: it belongs to the service's system.</summary>
    public static string Topic(string service, string name)
    {
        ArgumentNullException.ThrowIfNull(service);
        var dot = service.LastIndexOf('.');
        return dot < 0 ? name : string.Concat(service.AsSpan(0, dot + 1), name);
    }

    /// <summary>The queue of the answers to a service's sagas.</summary>
    public static string Replies(string service) => service + ".replies";
}
