using System.Text.Json;
using System.Text.Json.Serialization;
using Skald.Decisions;
using Skald.Definition;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>
/// What the participants of sagas that are removed are told: which steps will not be asked for any more. They forget them when no copy of a message can come
/// any more, by their own clock. Each step is named with its secret: who does not know it makes nobody forget anything.
/// </summary>
/// <param name="run">The batch that removes the sagas.</param>
internal sealed class Farewell(BatchRun run)
{
    /// <summary>The wire name of the command.</summary>
    public const string Type = "skald.forget";

    private const int MostSteps = 500;

    private readonly Dictionary<string, List<ForgottenStep>> _told = [];

    public static bool Is(Envelope envelope) => envelope is { Kind: MessageKind.Command, Type: Type, Saga: null, Published: false };

    /// <summary>A saga is removed.</summary>
    public void Add(SagaRow row)
    {
        if (run.Setup.Model.FindPlan(row.Definition, row.PlanVersion) is not { } plan)
        {
            // Nobody here knows whom it asked. Its participants keep what they know.
            return;
        }

        var records = StepCodec.Decode(plan, row.Steps, out _);
        foreach (var step in plan.Steps.Where(s => records[s.Index].Attempt > 0))
        {
            foreach (var name in StepRound.UpTo(records[step.Index].NameOnTheWire(step)))
            {
                Add(step, row, name);
            }
        }
    }

    private void Add(StepPlan step, SagaRow row, string name)
    {
        foreach (var queue in Queues(step))
        {
            (_told.TryGetValue(queue, out var steps) ? steps : _told[queue] = []).Add(new ForgottenStep(row.Id, name, run.Secrets.Of(new SagaId(row.Id), name)));
        }
    }

    /// <summary>Tells them all, with the batch.</summary>
    public void Send()
    {
        foreach (var (queue, steps) in _told)
        {
            foreach (var some in steps.Chunk(MostSteps))
            {
                run.Mail.SendSafely(new OutgoingMessage(
                    new Envelope
                    {
                        Id = run.Setup.Options.Surroundings.NewId(run.Now), Type = Type, Kind = MessageKind.Command, Source = run.Service, Destination = queue, Time = run.Now,
                    },
                    JsonSerializer.SerializeToUtf8Bytes(new ForgottenSteps(some), ForgottenJson.Default.ForgottenSteps)));
            }
        }
    }

    /// <summary>The keys under which a participant's ledger knows the steps.</summary>
    /// <exception cref="JsonException">It is no such message.</exception>
    public static IReadOnlyList<LedgerKey> Read(ReadOnlySpan<byte> body) =>
        [.. (JsonSerializer.Deserialize(body, ForgottenJson.Default.ForgottenSteps)?.Steps ?? throw new JsonException("It names no steps.")).Select(Key)];

    // The type says that there is one; JSON may say otherwise.
    private static LedgerKey Key(ForgottenStep? step) => step is null ? throw new JsonException("A step is null.") : new LedgerKey(step.Saga, step.Name, step.Secret);

    private IEnumerable<string> Queues(StepPlan step)
    {
        CommandPlan?[] commands = [(step.Work as StepWork.Remote)?.Command, step.Work.UndoCommand];
        return commands.OfType<CommandPlan>().Select(command => run.Setup.Model.RouteOf(command.Type).Queue).Distinct();
    }
}

/// <summary>The body of the command: steps that will not be asked for any more.</summary>
internal sealed record ForgottenSteps(IReadOnlyList<ForgottenStep> Steps);

/// <summary>A step, as its participant's ledger knows it.</summary>
internal sealed record ForgottenStep(Guid Saga, string Name, Guid Secret);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ForgottenSteps))]
internal sealed partial class ForgottenJson : JsonSerializerContext;
