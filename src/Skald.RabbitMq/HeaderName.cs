namespace Skald.RabbitMq;

/// <summary>A CloudEvents attribute as a header: the binding prefers an underscore, and a colon must be understood too.</summary>
internal readonly record struct HeaderName(string Usual, string Other);

/// <summary>The headers that are written and read.</summary>
internal static class Headers
{
    public static readonly HeaderName SpecVersion = Of("specversion");
    public static readonly HeaderName Id = Of("id");
    public static readonly HeaderName Source = Of("source");
    public static readonly HeaderName Type = Of("type");
    public static readonly HeaderName Time = Of("time");
    public static readonly HeaderName CorrelationId = Of("correlationid");
    public static readonly HeaderName CausationId = Of("causationid");
    public static readonly HeaderName HandledIn = Of("handledin");
    public static readonly HeaderName WasDone = Of("wasdone");
    public static readonly HeaderName Mac = Of("mac");
    public static readonly HeaderName TraceParent = Of("traceparent");
    public static readonly HeaderName Kind = Of("kind");
    public static readonly HeaderName Flow = Of("flow");
    public static readonly HeaderName Topic = Of("topic");
    public static readonly HeaderName Stream = Of("stream");
    public static readonly HeaderName StreamVersion = Of("streamversion");
    public static readonly HeaderName StreamAfter = Of("streamafter");

    private static HeaderName Of(string attribute) => new("cloudEvents_" + attribute, "cloudEvents:" + attribute);
}
