using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Skald.ServiceHost;

/// <summary>How what every program prints and answers is written.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(FlowDetails))]
[JsonSerializable(typeof(FlowPart))]
[JsonSerializable(typeof(HealthMessage))]
[JsonSerializable(typeof(HealthStatus))]
[JsonSerializable(typeof(IReadOnlyList<FlowView>))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(PlanRow))]
[JsonSerializable(typeof(PublishedView))]
[JsonSerializable(typeof(PulledMessage))]
[JsonSerializable(typeof(SavedService))]
[JsonSerializable(typeof(SubscriptionView))]
[JsonSerializable(typeof(TopicView))]
[JsonSerializable(typeof(string))]
internal sealed partial class HostJson : JsonSerializerContext
{
    /// <summary>The modules' own, then these, then reflection, where the program has it.</summary>
    public static IEnumerable<IJsonTypeInfoResolver> After(IEnumerable<ServiceModule> modules) => [.. modules.Select(m => m.Json).OfType<IJsonTypeInfoResolver>(), Default, .. Reflection()];

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "A program that is trimmed has no reflection of JSON unless it asks for it.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "As above.")]
    private static IEnumerable<IJsonTypeInfoResolver> Reflection() => JsonSerializer.IsReflectionEnabledByDefault ? [new DefaultJsonTypeInfoResolver()] : [];
}
