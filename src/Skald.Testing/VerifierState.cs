using System.Collections.Immutable;
using System.Numerics;
using Skald.Decisions;

namespace Skald.Testing;

/// <summary>A message on its way.</summary>
internal readonly record struct Flight(FlightKind Kind, int Step, int Attempt, bool Undo, bool Refused, bool WasDone = false) : IComparable<Flight>
{
    public int CompareTo(Flight other) =>
        (Kind, Step, Attempt, Undo, Refused, WasDone).CompareTo((other.Kind, other.Step, other.Attempt, other.Undo, other.Refused, other.WasDone));
}

internal enum FlightKind
{
    Command,
    Answer,
    Event,
}

/// <summary>What really happened to one step at its participant, and what the participant remembers.</summary>
internal readonly record struct Witness(int Applied, int Undone, ImmutableArray<LedgerMark> Ledger);

/// <summary>What may still go wrong.</summary>
internal readonly record struct Budget(
    int Duplicates, int Losses, int Timeouts, int Refusals, int UndoFailures, int LocalFaults, int Outages, int Resumes, int Cancels, int Acts, int Oblivions)
{
    public static Budget Of(Faults f) =>
        new(f.Duplicates, f.Losses, f.Timeouts, f.Refusals, f.UndoFailures, f.LocalFaults, f.Outages, f.Resumes, f.Cancels, f.Acts, f.Oblivions);

    public void AddTo(ref StateKey key)
    {
        key.Add(Duplicates);
        key.Add(Losses);
        key.Add(Timeouts);
        key.Add(Refusals);
        key.Add(UndoFailures);
        key.Add(LocalFaults);
        key.Add(Outages);
        key.Add(Resumes);
        key.Add(Cancels);
        key.Add(Acts);
        key.Add(Oblivions);
    }
}

/// <summary>The saga, its participants and the network at one moment.</summary>
internal sealed record VerifierState
{
    public required SagaInstance Saga { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>Sorted; two copies of one message are one, since a repeat of what is on its way says nothing new.</summary>
    public required ImmutableArray<Flight> Flying { get; init; }

    public required ImmutableArray<Witness> Witnesses { get; init; }

    public required Budget Budget { get; init; }

    /// <summary>Whether the process is gone that had its open commands, perhaps before it had sent them.</summary>
    public bool Orphaned { get; init; }

    /// <summary>Steps whose participant is away.</summary>
    public StepSet Deaf { get; init; }

    /// <summary>Local steps that throw from now on.</summary>
    public StepSet BrokenSteps { get; init; }

    /// <summary>Local undos that throw from now on.</summary>
    public StepSet BrokenUndos { get; init; }

    /// <summary>Steps that a person had the saga go on without, or without their undo.</summary>
    public StepSet Waived { get; init; }

    /// <summary>Steps whose undo was given up at some time: what came before them has been undone since, or is being.</summary>
    public StepSet GivenUp { get; init; }

    /// <summary>Steps that a person had done again, each with the last attempt of a round: what comes after it is another step to its participant.</summary>
    public ImmutableArray<(int Step, int LastAttempt)> Rounds { get; init; } = [];

    /// <summary>Which round of a step an attempt belongs to, from 0.</summary>
    public int RoundOf(int step, int attempt)
    {
        var round = 0;
        foreach (var (ended, last) in Rounds)
        {
            round += ended == step && last < attempt ? 1 : 0;
        }

        return round;
    }

    public VerifierState With(Flight flight)
    {
        var at = Flying.BinarySearch(flight);
        return at >= 0 ? this : this with { Flying = Flying.Insert(~at, flight) };
    }

    public VerifierState Without(Flight flight) => this with { Flying = Flying.Remove(flight) };

    public VerifierState With(int step, Witness witness) => this with { Witnesses = Witnesses.SetItem(step, witness) };

    /// <summary>Everything that can make a difference later, with times relative to now. Exact: two states that differ have two keys.</summary>
    public string Key(int stateNumber)
    {
        var key = new StateKey(stackalloc char[512]);
        key.Add((int)Saga.Status);
        key.Add(stateNumber);
        key.Add(Saga.Failure is null ? 0 : 1);
        key.AddTime(Saga.WakeAt, Now);
        foreach (var step in Saga.Steps)
        {
            key.Add(((int)step.State << 2) | (step.IsDoneAgain ? 2 : 0) | (step.WasDone ? 1 : 0));
            key.Add(step.Attempt);
            key.Add(step.Tries);
            key.Add(step.Held is null ? 0 : step.Held.Length == 0 ? 1 : 2);
            key.AddTime(step.Due, Now);
        }

        foreach (var witness in Witnesses)
        {
            key.Add(witness.Applied);
            key.Add(witness.Undone);
            key.Add(witness.Ledger.Length);
            foreach (var mark in witness.Ledger)
            {
                key.Add(mark.Attempt);
                key.Add(((int)mark.Outcome << 1) | (mark.Undo ? 1 : 0));
            }
        }

        Budget.AddTo(ref key);
        key.Add(Orphaned ? 1 : 0);
        Deaf.AddTo(ref key);
        BrokenSteps.AddTo(ref key);
        BrokenUndos.AddTo(ref key);
        Waived.AddTo(ref key);
        GivenUp.AddTo(ref key);
        key.Add(Rounds.Length);
        foreach (var (step, last) in Rounds)
        {
            key.Add(step);
            key.Add(last);
        }

        foreach (var flight in Flying)
        {
            key.Add(((int)flight.Kind << 3) | (flight.WasDone ? 4 : 0) | (flight.Undo ? 2 : 0) | (flight.Refused ? 1 : 0));
            key.Add(flight.Step);
            key.Add(flight.Attempt);
        }

        return key.ToString();
    }
}

/// <summary>A set of steps, by index; of any size. Immutable.</summary>
internal readonly record struct StepSet(BigInteger Bits)
{
    public bool Has(int step) => !((Bits >> step) & BigInteger.One).IsZero;

    public StepSet With(int step) => new(Bits | (BigInteger.One << step));

    public StepSet Without(int step) => Has(step) ? new(Bits ^ (BigInteger.One << step)) : this;

    public void AddTo(ref StateKey key)
    {
        for (var rest = Bits; !rest.IsZero; rest >>= 31)
        {
            key.Add((int)(rest & int.MaxValue));
        }

        // What comes next is told apart from more steps.
        key.Add(-1);
    }
}

/// <summary>Collects numbers into a string to compare states by.</summary>
internal ref struct StateKey(Span<char> buffer)
{
    private Span<char> _buffer = buffer;
    private int _length;

    /// <summary>Small numbers, which are nearly all, take one character; others are led by one that no small number has.</summary>
    public void Add(int number)
    {
        if (number is >= 0 and < Long)
        {
            Append((char)number);
            return;
        }

        Append(Long);
        Append((char)(number & 0xFFFF));
        Append((char)((number >> 16) & 0xFFFF));
    }

    public void AddTime(DateTimeOffset? time, DateTimeOffset now)
    {
        var ticks = time is null ? long.MinValue : (time.Value - now).Ticks;
        Add((int)(ticks & 0xFFFF_FFFF));
        Add((int)(ticks >> 32));
    }

    public override readonly string ToString() => _buffer[.._length].ToString();

    private const char Long = char.MaxValue;

    private void Append(char character)
    {
        if (_length == _buffer.Length)
        {
            var larger = new char[_buffer.Length * 2];
            _buffer.CopyTo(larger);
            _buffer = larger;
        }

        _buffer[_length++] = character;
    }
}
