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

    /// <summary>The queue of the answers to a service's sagas.</summary>
    public static string Replies(string service) => service + ".replies";
}
