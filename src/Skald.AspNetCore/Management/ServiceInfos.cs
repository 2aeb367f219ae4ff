namespace Skald.Management;

/// <summary>A service as its description has it.</summary>
internal static class ServiceInfos
{
    public static ServiceInfo Of(SkaldService service, ServiceDescription description, string? asyncApi) => new()
    {
        Service = service.Name,
        Store = service.Operations.StoreDescription,
        Transport = service.Transport.Description.Server is { } server ? $"{server.Protocol}://{server.Host}{server.Path}" : "embedded",
        Problem = service.Outage,
        CommandQueue = description.CommandQueue,
        ReplyQueue = description.ReplyQueue,
        Sagas = [.. description.Sagas.Select(plan => plan.Name)],
        Flows = [.. service.Flows.Select(flow => flow.Name).Order(StringComparer.Ordinal)],
        Projections = [.. service.Projections.Select(projection => projection.Name).Order(StringComparer.Ordinal)],
        Aggregates = service.Aggregates,
        Handles = [.. description.Handles.Select(command => command.Name)],
        Sends = [.. description.Sends.Select(sent => new CommandLink(sent.Contract.Name, sent.Service, sent.Queue, [.. sent.Steps.Select(Text).Distinct()]))],
        Awaits = [.. description.Awaits.Select(awaited => awaited.Contract.Name)],
        Publishes = [.. description.Publishes.Select(published => new TopicLink(published.Contract.Name, published.Topic))],
        Subscribes = [.. description.Subscribes.Select(subscribed => new TopicLink(subscribed.Contract.Name, subscribed.Topic, subscribed.Queue))],
        AsyncApi = asyncApi,
    };

    private static string Text(StepUse use) => $"{use.Saga.Name}: {use.Step.Name}{(use.Undoes ? " (undo)" : "")}";
}
