using Skald.Decisions;
using Skald.Definition;

namespace Skald.Testing;

/// <summary>How much may go wrong in one story. Every story within these bounds is explored.</summary>
/// <remarks>Late, crossed and reordered messages cost nothing: whatever is on its way may arrive at any time, in any order.</remarks>
public sealed record Faults
{
    /// <summary>Messages that arrive once more than they were sent.</summary>
    public int Duplicates { get; init; } = 1;

    /// <summary>Processes that die with a message they had not sent yet: a saga's, whose commands another takes over, or a participant, which is asked again.</summary>
    public int Losses { get; init; } = 1;

    /// <summary>Deadlines that pass although a message is still on its way.</summary>
    public int Timeouts { get; init; } = 1;

    /// <summary>Steps that are refused.</summary>
    public int Refusals { get; init; } = 1;

    /// <summary>Undos that are refused.</summary>
    public int UndoFailures { get; init; } = 1;

    /// <summary>Local steps or undos that throw: once, or from then on; and undos whose command cannot be made any more when another process takes over.</summary>
    public int LocalFaults { get; init; } = 1;

    /// <summary>Participants that go away for a while; what they are asked waits for them.</summary>
    public int Outages { get; init; }

    /// <summary>How often a person resumes the saga when it is parked; whatever was broken works again then.</summary>
    public int Resumes { get; init; }

    /// <summary>How often somebody asks the saga to turn back.</summary>
    public int Cancels { get; init; }

    /// <summary>
    /// How often a person acts on the saga otherwise, at any time: has it tried again, skips a step, has it turn back or go on from a step, pauses it, has a
    /// step's time come (<see cref="SagaAct"/>).
    /// </summary>
    public int Acts { get; init; }

    /// <summary>
    /// Participants whose data is lost, or restored from before: they remember nothing of a step that the saga knows to be done. Nobody can undo it then,
    /// and the saga must not end as if somebody had.
    /// </summary>
    public int Oblivions { get; init; }

    /// <summary>What multiplies stories most: it may come at any time, with any message. Null when none of it may.</summary>
    internal string? Most => Losses > 0 ? nameof(Losses) : Duplicates > 0 ? nameof(Duplicates) : Timeouts > 0 ? nameof(Timeouts) : Cancels > 0 ? nameof(Cancels) : Acts > 0 ? nameof(Acts) : null;

    /// <summary>Nothing goes wrong.</summary>
    public static Faults None { get; } = new()
    {
        Duplicates = 0, Losses = 0, Timeouts = 0, Refusals = 0, UndoFailures = 0, LocalFaults = 0, Outages = 0, Resumes = 0, Cancels = 0, Acts = 0, Oblivions = 0,
    };
}

/// <summary>
/// Explores every story that a saga can get into: each interleaving of commands, answers, events, deadlines and faults,
/// decided by the production core, with participants that ask the production's barrier, beside somebody who forges messages.
/// </summary>
/// <remarks>
/// Retry policies with more than one retry are explored with one: further retries only repeat it. Time jumps to the next
/// wake. Local code does not run unless <see cref="SagaVerification.WithLocal"/> says what it does to the state.
/// </remarks>
public static class SagaVerifier
{
    /// <summary>Verifies this plan; <see cref="Saga{TState}.Plan"/> makes it.</summary>
    public static SagaVerification For(SagaPlan plan) => new(plan ?? throw new ArgumentNullException(nameof(plan)));
}

/// <summary>A verification being set up.</summary>
public sealed class SagaVerification
{
    private readonly SagaPlan _plan;
    private SagaPlan? _beside;
    private readonly List<object> _samples = [];
    private Faults _faults = new();
    private object? _state;
    private Func<string, bool, object, object>? _local;
    private int _mostStates = 3_000_000;
    private Decider _decide = SagaDecider.Decide;
    private BarrierRule _barrier = LedgerBarrier.Judge;
    private bool _forgets;
    private FlightKind? _believed;

    internal SagaVerification(SagaPlan plan) => _plan = plan;

    /// <summary>The state that the saga starts with. Conditions, commands and folds run on it.</summary>
    public SagaVerification StartedWith(object state)
    {
        _state = state;
        return this;
    }

    /// <summary>Changes how much may go wrong: <c>f => f with { Duplicates = 2 }</c>.</summary>
    public SagaVerification Faults(Func<Faults, Faults> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        _faults = change(_faults);
        return this;
    }

    /// <summary>A reply or an event to use wherever one of its type is taken in; without it the author's fold is not called.</summary>
    public SagaVerification WithSample(object message)
    {
        _samples.Add(message ?? throw new ArgumentNullException(nameof(message)));
        return this;
    }

    /// <summary>What local steps (name, whether undone) do to the state.</summary>
    public SagaVerification WithLocal(Func<string, bool, object, object> local)
    {
        _local = local;
        return this;
    }

    /// <summary>Gives up after so many states; the report then does not hold.</summary>
    public SagaVerification AtMost(int states)
    {
        _mostStates = states;
        return this;
    }

    /// <summary>
    /// At any time another process may carry the saga, with other code for the same version of its definition: what one has stored the other reads. For a
    /// change that is deployed while sagas are under way: the plan of the old code beside the same version's of the new.
    /// </summary>
    /// <param name="plan">The other process's; <see cref="Saga{TState}.Plans"/> makes it.</param>
    public SagaVerification Beside(SagaPlan plan)
    {
        _beside = plan ?? throw new ArgumentNullException(nameof(plan));
        return this;
    }

    /// <summary>For tests of the verifier: a broken rule that it must find.</summary>
    internal SagaVerification WithDecider(Decider decide)
    {
        _decide = decide;
        return this;
    }

    /// <summary>For tests of the verifier: a broken ledger that it must find.</summary>
    internal SagaVerification WithBarrier(BarrierRule barrier)
    {
        _barrier = barrier;
        return this;
    }

    /// <summary>For tests of the verifier: participants that acknowledge a command before its answer is confirmed.</summary>
    internal SagaVerification WithEarlyAcknowledgements()
    {
        _forgets = true;
        return this;
    }

    /// <summary>For tests of the verifier: messages of a kind are believed, whoever sends them.</summary>
    internal SagaVerification Believing(FlightKind kind)
    {
        _believed = kind;
        return this;
    }

    /// <summary>Explores.</summary>
    /// <exception cref="InvalidOperationException">The starting state is missing or of another type than the saga's.</exception>
    public VerificationReport Verify()
    {
        if (_state is null || !_plan.StateType.IsInstanceOfType(_state))
        {
            throw new InvalidOperationException($"Saga '{_plan.Name}' starts with a {_plan.StateType.Name}: pass one to StartedWith(...).");
        }

        var world = new VerifierWorld(_plan, _samples, _faults, _local, _decide, _barrier, _forgets, _believed, _beside);
        return new VerifierSearch(world, _faults, _mostStates).Run(_state);
    }
}

/// <summary>A promise that was broken, and how.</summary>
/// <param name="Promise">What does not hold.</param>
/// <param name="Story">What happened, from the start to there; no story is shorter.</param>
public sealed record Violation(string Promise, IReadOnlyList<string> Story)
{
    /// <summary>The promise and the numbered story.</summary>
    public override string ToString() => Promise + string.Concat(Story.Select((line, i) => $"{Environment.NewLine}  {i + 1}. {line}"));
}

/// <summary>What a verification found.</summary>
/// <param name="Saga">The saga's name.</param>
/// <param name="States">Distinct states, each with everything that is on its way.</param>
/// <param name="Transitions">Ways from one to the next.</param>
/// <param name="Ends">Distinct ends, with nothing on its way any more, by status.</param>
/// <param name="Violations">Promises that were broken; empty when all hold.</param>
/// <param name="Complete">False when the limit of states was reached.</param>
public sealed record VerificationReport(
    string Saga, int States, long Transitions, IReadOnlyDictionary<SagaStatus, int> Ends, IReadOnlyList<Violation> Violations, bool Complete)
{
    /// <summary>How long stories may be of which all were explored, in events; null when all of any length were.</summary>
    public int? Explored { get; init; }

    /// <summary>How much could go wrong in one story.</summary>
    public Faults Faults { get; init; } = new();

    /// <summary>Throws unless everything was explored and held.</summary>
    /// <exception cref="SkaldAssertionException">Tells the story that leads to the violation.</exception>
    public VerificationReport ShouldHold() => Violations.Count == 0 && Complete ? this : throw new SkaldAssertionException(ToString());

    private string GivenUp => FormattableString.Invariant(
        $"GIVEN UP at {States:N0} states: stories of up to {Explored:N0} events hold, longer ones were not explored. Let less go wrong at once{Advice}, or raise AtMost(...)");

    private string Advice => Faults.Most is { } most ? $", such as .Faults(f => f with {{ {most} = 0 }}), and verify once more with what was left out" : "";

    /// <summary>One line, and the stories of what was violated.</summary>
    public override string ToString()
    {
        var ends = string.Join(", ", Ends.OrderBy(e => e.Key).Select(e => $"{e.Value:N0} {e.Key.Word()}"));
        var line = FormattableString.Invariant($"{Saga}: {States:N0} states, {Transitions:N0} transitions; ends: {ends}{(Complete ? "" : "; " + GivenUp)}");
        return string.Join(Environment.NewLine, Violations.Select(v => v.ToString()).Prepend(line));
    }
}
