using System.Text;
using Skald.Diagnostics;
using Skald.Messaging;

namespace Skald.Hosting;

/// <summary>Checks at start-up that the transport can carry what a service says and hears: found later, nothing would run.</summary>
internal static class NameChecks
{
    public static void Check(ServiceDescription service, NameLimits limits, List<string> problems)
    {
        Check([service.Service], limits.Service, problems, ErrorCodes.ServiceNameTooLong);
        Check(Queues(service), limits.Queue, problems, (name, most) => ErrorCodes.QueueNameTooLong(service.Service, name, most));
        Check(Topics(service), limits.Topic, problems, (name, most) => ErrorCodes.TopicNameTooLong(service.Service, name, most));
        Check(Messages(service), limits.Message, problems, (name, most) => ErrorCodes.MessageNameTooLong(service.Service, name, most));
        foreach (var saga in service.Sends.SelectMany(s => s.Steps).GroupBy(s => s.Saga.Name, s => s.Step.Name))
        {
            Check(saga, limits.Step, problems, (name, most) => ErrorCodes.StepNameTooLong(saga.Key, name, most));
        }
    }

    private static void Check(IEnumerable<string> names, int? most, List<string> problems, Func<string, int, string> problem)
    {
        if (most is { } limit)
        {
            problems.AddRange(names.Distinct().Where(name => Encoding.UTF8.GetByteCount(name) > limit).Select(name => problem(name, limit)));
        }
    }

    private static IEnumerable<string> Queues(ServiceDescription service) =>
    [
        .. service.Handles.Count > 0 ? [service.CommandQueue] : Array.Empty<string>(),
        .. service.Sagas.Count > 0 ? [service.ReplyQueue] : Array.Empty<string>(),
        .. service.Sends.Select(s => s.Queue),
        .. service.Subscribes.Select(s => s.Queue),
    ];

    private static IEnumerable<string> Topics(ServiceDescription service) => service.Publishes.Select(p => p.Topic).Concat(service.Subscribes.Select(s => s.Topic));

    private static IEnumerable<string> Messages(ServiceDescription service) => service.Handles.Concat(service.Sends.Select(s => s.Contract))
        .Concat(service.Awaits.Select(a => a.Contract)).Concat(service.Publishes.Select(p => p.Contract)).Concat(service.Subscribes.Select(s => s.Contract))
        .SelectMany(c => (string?[])[c.Name, c.ReplyName, c.RefusalName]).OfType<string>();
}
