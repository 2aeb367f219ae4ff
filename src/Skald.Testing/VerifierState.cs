using System.Collections.Immutable;
using Skald.Decisions;

namespace Skald.Testing;

/// <summary>A message on its way.</summary>
internal readonly record struct Flight(FlightKind Kind, int Step, int Attempt, bool Undo, bool Refused) : IComparable<Flight>
{
    public int Code => ((int)Kind << 26) | (Step << 12) | (Attempt << 2) | (Undo ? 2 : 0) | (Refused ? 1 : 0);

    public int CompareTo(Flight other) => Code.CompareTo(other.Code);
}

internal enum FlightKind
{
    Command,
    Answer,
    Event,
}

/// <summary>One row of a participant's ledger.</summary>
internal readonly record struct LedgerMark(bool Undo, int Attempt, LedgerMarkOutcome Outcome);

internal enum LedgerMarkOutcome
{
    Done,
    Refused,
    Empty,
}

/// <summary>What really happened to one step at its participant, and what the participant remembers.</summary>
internal readonly record struct Witness(int Applied, int Undone, ImmutableArray<LedgerMark> Ledger);

/// <summary>What may still go wrong.</summary>
internal readonly record struct Budget(
    int Duplicates, int Losses, int Timeouts, int Refusals, int UndoFailures, int LocalFaults, int Outages, int Resumes)
{
    public static Budget Of(Faults f) =>
        new(f.Duplicates, f.Losses, f.Timeouts, f.Refusals, f.UndoFailures, f.LocalFaults, f.Outages, f.Resumes);
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

    /// <summary>Steps whose participant no longer answers, as bits.</summary>
    public ulong Deaf { get; init; }

    /// <summary>Local steps (even bits) and undos (odd bits) that throw from now on.</summary>
    public ulong Broken { get; init; }

    public VerifierState With(Flight flight)
    {
        var at = Flying.BinarySearch(flight);
        return at >= 0 ? this : this with { Flying = Flying.Insert(~at, flight) };
    }

    public VerifierState Without(Flight flight) => this with { Flying = Flying.Remove(flight) };

    public VerifierState With(int step, Witness witness) => this with { Witnesses = Witnesses.SetItem(step, witness) };

    /// <summary>Everything that can make a difference later, with times relative to now.</summary>
    public string Key(int stateNumber)
    {
        var key = new StateKey(stackalloc char[512]);
        key.Add((int)Saga.Status);
        key.Add(stateNumber);
        key.Add(Saga.Failure is null ? 0 : 1);
        key.AddTime(Saga.WakeAt, Now);
        foreach (var step in Saga.Steps)
        {
            key.Add((int)step.State);
            key.Add(step.Attempt);
            key.Add(step.Tries);
            key.Add(step.Held is null ? 0 : 1);
            key.AddTime(step.Due, Now);
            // Only an open request's deadline is counted from its beginning.
            key.AddTime(step.State == StepState.Sent ? step.Since : null, Now);
        }

        foreach (var witness in Witnesses)
        {
            key.Add(witness.Applied | (witness.Undone << 4) | (witness.Ledger.Length << 8));
            foreach (var mark in witness.Ledger)
            {
                key.Add((mark.Attempt << 4) | (mark.Undo ? 8 : 0) | (int)mark.Outcome);
            }
        }

        key.Add(Budget.Duplicates | (Budget.Losses << 4) | (Budget.Timeouts << 8) | (Budget.Refusals << 12));
        key.Add(Budget.UndoFailures | (Budget.LocalFaults << 4) | (Budget.Outages << 8) | (Budget.Resumes << 12));
        key.AddLong((long)Deaf);
        key.AddLong((long)Broken);
        foreach (var flight in Flying)
        {
            key.AddLong(flight.Code);
        }

        return key.ToString();
    }
}

/// <summary>Collects numbers into a string to compare states by.</summary>
internal ref struct StateKey(Span<char> buffer)
{
    private Span<char> _buffer = buffer;
    private int _length;

    public void Add(int number)
    {
        if (_length == _buffer.Length)
        {
            var larger = new char[_buffer.Length * 2];
            _buffer.CopyTo(larger);
            _buffer = larger;
        }

        _buffer[_length++] = (char)number;
    }

    public void AddLong(long number)
    {
        Add((int)(number & 0xFFFF));
        Add((int)((number >> 16) & 0xFFFF));
        Add((int)((number >> 32) & 0xFFFF));
    }

    public void AddTime(DateTimeOffset? time, DateTimeOffset now) =>
        AddLong(time is null ? long.MinValue : (time.Value - now).Ticks / TimeSpan.TicksPerMillisecond);

    public override readonly string ToString() => _buffer[.._length].ToString();
}
