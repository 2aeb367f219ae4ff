using System.Text.Json.Nodes;
using System.Xml;
using Skald.Definition;
using Skald.Messaging;

namespace Skald.AsyncApi;

/// <summary>What only sagas know: the plan behind the messages, in the fields <c>x-sagas</c> and <c>x-saga-steps</c>.</summary>
internal static class SagaFacts
{
    public static JsonNode Of(SagaPlan plan) => new JsonObject
    {
        ["saga"] = plan.Name,
        ["steps"] = new JsonArray([.. plan.Steps.Select(Of)]),
    };

    public static JsonArray Of(IReadOnlyList<StepUse> uses) => new([.. uses.Select(use => new JsonObject
    {
        ["saga"] = use.Saga.Name,
        ["step"] = use.Step.Name,
        ["purpose"] = use.Undoes ? "undo" : use.Step.Action == StepAction.Event ? "wait" : "do",
    })]);

    private static JsonObject Of(StepPlan step)
    {
        var facts = new JsonObject { ["step"] = step.Name, ["kind"] = Word(step.Kind), ["stage"] = step.Stage };
        Json.Set(facts, "sends", Name(step.CommandType));
        Json.Set(facts, "waitsFor", Name(step.EventType));
        Json.Set(facts, "within", step.Action switch
        {
            StepAction.Local => null,
            StepAction.Event when !step.HasDeadline => null,
            _ => XmlConvert.ToString(step.Within),
        });
        if (step.RefusalRetry.Retries > 0)
        {
            facts["retriesAfterRefusal"] = step.RefusalRetry.Retries;
        }

        Json.Set(facts, "undoneBy", Name(step.UndoCommandType) ?? (step.Undo is null ? null : "local"));
        Json.Set(facts, "nothingToUndo", step.NothingToUndo);
        return facts;
    }

    private static string Word(StepKind kind) => kind switch
    {
        StepKind.Compensatable => "compensatable",
        StepKind.Pivot => "pivot",
        _ => "retriable",
    };

    private static string? Name(Type? message) => message is null ? null : MessageCatalog.Of(message).Name;
}
