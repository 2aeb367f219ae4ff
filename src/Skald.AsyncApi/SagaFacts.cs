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
        ["purpose"] = use.Undoes ? "undo" : use.Step.Work is StepWork.Wait ? "wait" : "do",
    })]);

    private static JsonObject Of(StepPlan step)
    {
        var facts = new JsonObject { ["step"] = step.Name, ["kind"] = Word(step.Kind), ["stage"] = step.Stage };
        switch (step.Work)
        {
            case StepWork.Remote remote:
                Json.Set(facts, "sends", Name(remote.Command.Type));
                Json.Set(facts, "within", XmlConvert.ToString(remote.Within));
                if (remote.RefusalRetry.Retries > 0)
                {
                    facts["retriesAfterRefusal"] = remote.RefusalRetry.Retries;
                }

                Json.Set(facts, "undoneBy", Name(step.Work.UndoCommand?.Type));
                break;
            case StepWork.Wait wait:
                Json.Set(facts, "waitsFor", wait.Ends[0].Name);
                if (wait.Ends.Length > 1)
                {
                    facts["or"] = new JsonArray([.. wait.Ends.Skip(1).Select(e => new JsonObject { ["event"] = e.Name, ["turnsBack"] = e.Refuse is not null })]);
                }

                Json.Set(facts, "within", wait.Within is { } within ? XmlConvert.ToString(within) : null);
                break;
            case StepWork.Local { UndoAction: not null }:
                facts["undoneBy"] = "local";
                break;
        }

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
