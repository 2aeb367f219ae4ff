using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Skald.Decisions;
using Skald.Definition;

namespace Skald.Storage;

/// <summary>
/// Steps as text: a line per step that was reached, with tabs between name, state, attempt, tries, since, due and an
/// answer that is held. The state of a step that is being undone is a small letter when the step is known to be done. Steps are stored by the name under which they were begun, so that a definition may grow under the same version: what was added
/// where the saga has been already is skipped, and what is open keeps its identity when a step is renamed.
/// </summary>
internal static class StepCodec
{
    // Behind the state of the step from which on a person has the saga do again what it did.
    private const char Again = '+';

    /// <summary>Writes the steps that were reached.</summary>
    public static string Encode(SagaPlan plan, ImmutableArray<StepRecord> steps)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var text = new DefaultInterpolatedStringHandler(0, 0, CultureInfo.InvariantCulture, stackalloc char[512]);
        for (var i = 0; i < steps.Length; i++)
        {
            if (steps[i] != StepRecord.Initial)
            {
                Append(ref text, steps[i].NameOnTheWire(plan.Steps[i]), steps[i]);
            }
        }

        return text.ToStringAndClear();
    }

    private static void Append(ref DefaultInterpolatedStringHandler text, string name, StepRecord step)
    {
        text.AppendLiteral(name);
        text.AppendLiteral("\t");
        text.AppendFormatted(step.WasDone && IsOnItsWayBack(step.State) ? char.ToLowerInvariant((char)step.State) : (char)step.State);
        if (step.IsDoneAgain)
        {
            text.AppendFormatted(Again);
        }

        text.AppendLiteral("\t");
        text.AppendFormatted(step.Attempt);
        // A settled step needs no more than that.
        if (step.Due is not null || step.Held is not null || step.Tries != 0 || step.State is StepState.Sent or StepState.Waiting)
        {
            text.AppendLiteral("\t");
            text.AppendFormatted(step.Tries);
            text.AppendLiteral("\t");
            text.AppendFormatted(UnixTime.From(step.Since));
            text.AppendLiteral("\t");
            if (step.Due is { } due)
            {
                text.AppendFormatted(UnixTime.From(due));
            }

            if (step.Held is not null)
            {
                text.AppendLiteral("\t");
                text.AppendLiteral(step.Held.ReplaceLineEndings(" ").Replace('\t', ' '));
            }
        }

        text.AppendLiteral("\n");
    }

    /// <summary>Reads steps against the running definition.</summary>
    /// <param name="plan">The running definition.</param>
    /// <param name="text">What <see cref="Encode"/> wrote, perhaps under another version of the definition.</param>
    /// <param name="difference">What does not fit; null when the saga can go on.</param>
    public static ImmutableArray<StepRecord> Decode(SagaPlan plan, string text, out string? difference)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var steps = new StepRecord[plan.Steps.Length];
        Array.Fill(steps, StepRecord.Initial);
        difference = null;
        var previous = -1;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.IsEmpty)
            {
                continue;
            }

            var end = line.IndexOf('\t');
            var name = end < 0 ? line : line[..end];
            if (end < 0 || !TryRead(line[(end + 1)..], out var record))
            {
                difference = $"the line '{line}' of its steps cannot be read";
                break;
            }

            var index = Find(plan, name, previous + 1);
            if (index < 0 && record.State == StepState.Skipped)
            {
                // It changed nothing, and a definition without it loses nothing.
                continue;
            }

            if (index < 0)
            {
                difference = $"the saga has taken step '{name}', which the running definition of '{plan.Name}' does not have";
                break;
            }

            // A wait may hold an early event before the steps in front of it were reached, and what is done again is not reached yet.
            var isEarly = record.State == StepState.Pending;
            if (index <= previous)
            {
                difference = $"the saga has taken step '{name}' after '{plan.Steps[previous].Name}'; the running definition has them the other way round";
                break;
            }

            if (!isEarly && previous < plan.PivotIndex && plan.PivotIndex < index)
            {
                difference = $"the saga has passed the place of '{plan.Steps[plan.PivotIndex].Name}', which is the running definition's point of no return, without it";
                break;
            }

            // What was added before a place that the saga has passed is not for it.
            steps.AsSpan(previous + 1, isEarly ? 0 : index - previous - 1).Fill(StepRecord.Initial with { State = StepState.Skipped });

            var now = plan.Steps[index].Name;
            steps[index] = record with { Name = name.SequenceEqual(now) ? now : name.ToString() };
            previous = index;
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(steps);
    }

    private static bool IsOnItsWayBack(StepState state) => state is StepState.InDoubt or StepState.Undoing or StepState.UndoWait or StepState.UndoFailed;

    private static int Find(SagaPlan plan, ReadOnlySpan<char> name, int expected)
    {
        if (expected < plan.Steps.Length && name.SequenceEqual(plan.Steps[expected].Name))
        {
            return expected;
        }

        return plan.Find(name.ToString())?.Index ?? -1;
    }

    private static bool TryRead(ReadOnlySpan<char> fields, out StepRecord record)
    {
        record = default;
        Span<Range> parts = stackalloc Range[6];
        var count = fields.Split(parts, '\t');
        if (count < 2 || fields[parts[0]] is not [var letter, ..] || fields[parts[0]][1..] is not ([] or [Again]) || !TryState(letter, out var state) || !TryNumber(fields[parts[1]], out var attempt))
        {
            return false;
        }

        record = new StepRecord(state, (int)attempt, 0, default, null) { WasDone = char.IsAsciiLetterLower(letter), IsDoneAgain = fields[parts[0]].Length > 1 };
        if (count < 5)
        {
            return count == 2;
        }

        long? due = null;
        if (!TryNumber(fields[parts[2]], out var tries) || !TryNumber(fields[parts[3]], out var since))
        {
            return false;
        }

        if (!fields[parts[4]].IsEmpty)
        {
            if (!TryNumber(fields[parts[4]], out var at))
            {
                return false;
            }

            due = at;
        }

        record = record with
        {
            Tries = (int)tries,
            Since = UnixTime.To(since),
            Due = due is { } time ? UnixTime.To(time) : null,
            Held = count == 6 ? fields[parts[5]].ToString() : null,
        };
        return true;
    }

    private static bool TryState(char letter, out StepState state)
    {
        state = (StepState)char.ToUpperInvariant(letter);
        return Enum.IsDefined(state) && (char.IsAsciiLetterUpper(letter) || IsOnItsWayBack(state));
    }

    private static bool TryNumber(ReadOnlySpan<char> digits, out long number) =>
        long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
}
