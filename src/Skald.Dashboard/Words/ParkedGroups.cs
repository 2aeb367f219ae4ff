using Skald.Management;

namespace Skald.Dashboard.Words;

/// <summary>Parked sagas that stand at the same step, put together.</summary>
internal static class ParkedGroups
{
    public static IReadOnlyList<SagaGroup> Of(IEnumerable<SagaItem> sagas) =>
    [
        .. from saga in sagas
           group saga by (saga.Service, saga.Definition, Step: saga.FailedStep ?? saga.Step, Kind: saga.Failure?.Type) into same
           let newest = same.MaxBy(s => s.UpdatedAt)!
           orderby same.Count() descending, same.Key.Definition
           select new SagaGroup(
               same.Key.Service, same.Key.Definition, "parked", same.Key.Step, same.Key.Kind, newest.ParkReason ?? newest.Why, new CappedCount(same.Count(), false),
               same.Min(s => s.UpdatedAt), newest.UpdatedAt,
               new SagaQueryText { Statuses = [SagaStatus.Parked], Services = [same.Key.Service], Definitions = [same.Key.Definition], Step = same.Key.Step }.ToString()),
    ];
}
