using Skald.Decisions;
using Skald.Definition;
using Skald.Messaging;
using Skald.Runtime;

namespace Skald.Testing;

/// <summary>
/// Somebody who can send to every queue, sees the ids of sagas and messages, the steps and their attempts, and takes part in other steps himself; but
/// does not see what a step's own commands carry.
/// </summary>
internal sealed class VerifierAdversary
{
    private const string Commands = "commands";
    private const string Replies = "replies";

    private readonly List<int> _answers = [];
    private readonly List<int> _commands = [];

    /// <param name="plan">The saga's plan.</param>
    /// <param name="saga">Its id, which everybody knows.</param>
    /// <param name="believed">For tests of the verifier: the kind of message that is believed whoever sends it.</param>
    public VerifierAdversary(SagaPlan plan, SagaId saga, FlightKind? believed)
    {
        // What the key is makes no difference: he has not got it.
        var secrets = new StepSecrets(new byte[StepSecrets.KeyBytes]);
        var credentials = new Credentials(Commands, Replies, WireKeys.None, secrets);
        foreach (var step in plan.Steps.Where(s => s.Work is StepWork.Remote))
        {
            var asked = Command(saga, step, secrets.Of(saga, step.Name));
            List<Envelope> forged = [.. Guesses(plan, saga, secrets, step).SelectMany(guess => new[] { Command(saga, step, guess), asked with { Secret = guess } })];
            if (believed == FlightKind.Answer || forged.Exists(f => credentials.Objection(f with { Kind = MessageKind.Reply, Destination = Replies }, []) is null))
            {
                _answers.Add(step.Index);
            }

            // One that is believed is about something else, as long as neither its ledger nor its id is the real one's.
            if (believed == FlightKind.Command
                || forged.Exists(f => credentials.Objection(f, []) is null && (MessageWork.LedgerKey(f) == MessageWork.LedgerKey(asked) || f.Id == asked.Id)))
            {
                _commands.Add(step.Index);
            }
        }
    }

    /// <summary>What he can send that is taken for real. A command of his that is not is about something else, and meets another ledger.</summary>
    public IEnumerable<Flight> Believed(VerifierState state)
    {
        bool[] either = [false, true];
        return _answers.SelectMany(step => either.SelectMany(undo => either.Select(refused => new Flight(FlightKind.Answer, step, AttemptOf(state, step), undo, refused))))
            .Concat(_commands.SelectMany(step => either.Select(undo => new Flight(FlightKind.Command, step, AttemptOf(state, step), undo, Refused: false))));
    }

    private static int AttemptOf(VerifierState state, int step) => Math.Max(1, state.Saga.Steps[step].Attempt);

    private static IEnumerable<Guid> Guesses(SagaPlan plan, SagaId saga, StepSecrets secrets, StepPlan step)
    {
        var command = MessageIds.Command(saga, step.Name, secrets.Of(saga, step.Name), 1, undo: false);
        return [default, saga.Value, command, MessageIds.Reply(command), .. plan.Steps.Where(s => s.Index != step.Index).Select(s => secrets.Of(saga, s.Name))];
    }

    private static Envelope Command(SagaId saga, StepPlan step, Guid secret) => new()
    {
        Id = MessageIds.Command(saga, step.Name, secret, 1, undo: false), Type = "", Kind = MessageKind.Command, Source = "", Destination = Commands,
        Saga = saga, Step = step.Name, Secret = secret, Attempt = 1, Time = DateTimeOffset.UnixEpoch,
    };
}
