using System.Text.Json;
using System.Text.Json.Serialization;
using Skald.Definition;
using Skald.Messaging;

namespace Skald;

/// <summary>What of a service matters to its sagas under way and to messages on their way: kept in a file that is reviewed, and compared with the code that is about to be deployed.</summary>
/// <param name="Service">The service's full name.</param>
/// <param name="Plans">The plans of all versions that its code carries, by name and version.</param>
/// <param name="Messages">The messages of its sagas, by wire name.</param>
public sealed record SavedService(string Service, IReadOnlyList<SavedPlan> Plans, IReadOnlyList<SavedMessage> Messages)
{
    /// <summary>Reads it off what the service runs. Nothing is opened for it.</summary>
    public static SavedService Of(SkaldService service)
    {
        ArgumentNullException.ThrowIfNull(service);
        var plans = service.Plans.OrderBy(p => p.Name, StringComparer.Ordinal).ThenBy(p => p.Version).ToList();
        return new SavedService(
            service.Name,
            [.. plans.Select(SavedPlan.Of)],
            [.. plans.SelectMany(p => p.Steps).SelectMany(s => SavedMessage.Of(s, service.Serializer.Options)).DistinctBy(m => m.Name).OrderBy(m => m.Name, StringComparer.Ordinal)]);
    }
}

/// <summary>A version of a definition.</summary>
/// <param name="Saga">The definition's name.</param>
/// <param name="Version">The version.</param>
/// <param name="Steps">Its steps in order.</param>
public sealed record SavedPlan(string Saga, int Version, IReadOnlyList<SavedStep> Steps)
{
    internal static SavedPlan Of(SagaPlan plan) => new(plan.Name, plan.Version, [.. plan.Steps.Select(SavedStep.Of)]);
}

/// <summary>A step.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Compensatable, pivot or retriable.</param>
/// <param name="Stage">Steps of one stage run side by side.</param>
/// <param name="Does">Local, remote, wait or removed.</param>
/// <param name="Message">The wire name of its command, or of the event that it waits for.</param>
/// <param name="UndoneBy">The wire name of the command that undoes it; <c>local</c> for code; null for nothing.</param>
/// <param name="FormerNames">Names it had before under the same version.</param>
public sealed record SavedStep(string Name, string Kind, int Stage, string Does, string? Message, string? UndoneBy, IReadOnlyList<string> FormerNames)
{
    /// <summary>The wire names of the events that it waits for as well; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Or { get; init; }

    internal const string Local = "local";
    internal const string Wait = "wait";
    internal const string Removed = "removed";
    internal const string Pivot = "pivot";

    internal static SavedStep Of(StepPlan step)
    {
        var (does, message) = step.Work switch
        {
            StepWork.Remote remote => ("remote", remote.Command.Type),
            StepWork.Wait wait => (Wait, wait.Ends[0].EventType),
            StepWork.Removed => (Removed, (Type?)null),
            _ => (Local, null),
        };
        var undoneBy = step.Work.UndoCommand is { } undo ? NameOf(undo.Type) : step.Work.UndoAction is not null ? Local : null;
        return new SavedStep(step.Name, step.Kind.ToString().ToLowerInvariant(), step.Stage, does, message is null ? null : NameOf(message), undoneBy, step.FormerNames)
        {
            Or = step.Work is StepWork.Wait { Ends: [_, _, ..] ends } ? [.. ends.Skip(1).Select(e => NameOf(e.EventType))] : null,
        };
    }

    private static string NameOf(Type message) => MessageCatalog.Of(message).Name;
}

/// <summary>A message, as JSON has it.</summary>
/// <param name="Name">Its wire name.</param>
/// <param name="Members">The JSON names of its members, each with its type; with <c>!</c> behind it where it must be there.</param>
public sealed record SavedMessage(string Name, IReadOnlyDictionary<string, string> Members)
{
    internal static IEnumerable<SavedMessage> Of(StepPlan step, JsonSerializerOptions options)
    {
        Type?[] commands = [(step.Work as StepWork.Remote)?.Command.Type, step.Work.UndoCommand?.Type];
        foreach (var contract in commands.OfType<Type>().Select(MessageCatalog.Of))
        {
            yield return Of(contract.Name, contract.Type, options);
            // Commands have both.
            yield return Of(contract.ReplyName!, contract.ReplyType!, options);
        }

        foreach (var type in (step.Work as StepWork.Wait)?.Ends.Select(e => e.EventType) ?? [])
        {
            yield return Of(MessageCatalog.Of(type).Name, type, options);
        }
    }

    private static SavedMessage Of(string name, Type type, JsonSerializerOptions options) => new(
        name,
        options.GetTypeInfo(type).Properties.OrderBy(p => p.Name, StringComparer.Ordinal).ToDictionary(p => p.Name, p => $"{p.PropertyType.Readable()}{(p.IsRequired ? "!" : "")}"));
}
