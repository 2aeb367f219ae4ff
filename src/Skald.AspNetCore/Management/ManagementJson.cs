using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Skald.Management;

/// <summary>How all of it is written and read as JSON: camel case, times as ISO 8601, no reflection.</summary>
public static class ManagementJson
{
    /// <summary>The options, with the types of this contract and no others.</summary>
    public static JsonSerializerOptions Options => ManagementJsonContext.Default.Options;

    /// <summary>A type of the contract.</summary>
    /// <typeparam name="T">One that <see cref="IManagement"/> takes or answers.</typeparam>
    /// <exception cref="NotSupportedException">It is not of the contract.</exception>
    public static JsonTypeInfo<T> Of<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, AllowDuplicateProperties = false, MaxDepth = 64, NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(Page<ServiceInfo>))]
[JsonSerializable(typeof(Page<DefinitionInfo>))]
[JsonSerializable(typeof(Page<SagaItem>))]
[JsonSerializable(typeof(Page<SagaGroup>))]
[JsonSerializable(typeof(Page<FlowItem>))]
[JsonSerializable(typeof(Page<TimerItem>))]
[JsonSerializable(typeof(Page<DeadLetterItem>))]
[JsonSerializable(typeof(Page<LetterGroup>))]
[JsonSerializable(typeof(Page<DelayedItem>))]
[JsonSerializable(typeof(Page<ProjectionItem>))]
[JsonSerializable(typeof(Page<AuditItem>))]
[JsonSerializable(typeof(Page<ProcessItem>))]
[JsonSerializable(typeof(Page<JobItem>))]
[JsonSerializable(typeof(Page<JobLine>))]
[JsonSerializable(typeof(SagaCounts))]
[JsonSerializable(typeof(SagaDetail))]
[JsonSerializable(typeof(Timeline))]
[JsonSerializable(typeof(IReadOnlyList<TimelineItem>))]
[JsonSerializable(typeof(IReadOnlyList<LedgerItem>))]
[JsonSerializable(typeof(Exchanges))]
[JsonSerializable(typeof(FlowDetail))]
[JsonSerializable(typeof(DeadLetterDetail))]
[JsonSerializable(typeof(StreamHistory))]
[JsonSerializable(typeof(MetricsReport))]
[JsonSerializable(typeof(BalanceReport))]
[JsonSerializable(typeof(Books))]
[JsonSerializable(typeof(Change))]
[JsonSerializable(typeof(ActRequest))]
[JsonSerializable(typeof(ActForecast))]
[JsonSerializable(typeof(ActResult))]
[JsonSerializable(typeof(DeadLetterRequest))]
[JsonSerializable(typeof(DeadLetterResult))]
[JsonSerializable(typeof(ProjectionSkip))]
[JsonSerializable(typeof(JobItem))]
[JsonSerializable(typeof(JobRequest))]
[JsonSerializable(typeof(JobForecast))]
[JsonSerializable(typeof(ManagementCaller))]
[JsonSerializable(typeof(ManagementProblem))]
internal sealed partial class ManagementJsonContext : JsonSerializerContext;
