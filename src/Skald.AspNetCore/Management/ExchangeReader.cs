using Skald.Decisions;
using Skald.Definition;

namespace Skald.Management;

/// <summary>
/// A saga's messages as its own timeline tells them: who was asked what because of which answer. The order is that of the saga's decisions, which no clock changes.
/// </summary>
/// <param name="service">The saga's service.</param>
/// <param name="plan">What it runs; null when this process does not know it.</param>
/// <param name="reader">Knows who handles which command.</param>
internal sealed class ExchangeReader(string service, SagaPlan? plan, SagaReader reader)
{
    public const int MostRows = 500;

    private readonly List<Exchange> _messages = [];
    private readonly Dictionary<string, int> _open = [];
    private int? _cause;

    public Exchanges Read(IReadOnlyList<TimelineEntry> entries)
    {
        foreach (var entry in entries)
        {
            Read(entry, entry.Step is { } name && plan?.Find(name) is { } step ? reader.Step(step) : null);
        }

        var lanes = _messages.SelectMany(message => new[] { message.From, message.To }).OfType<string>().Prepend(service).Distinct().Select(name => new Lane(name));
        return new Exchanges([.. lanes], _messages);
    }

    private void Read(TimelineEntry entry, DefinitionStep? step)
    {
        switch (entry.Kind)
        {
            case JournalKind.Sent: Ask(entry, step, undo: false); break;
            case JournalKind.Undoing: Ask(entry, step, undo: true); break;
            case JournalKind.Resent: Ask(entry, step, undo: entry.Step is { } name && _open.TryGetValue(name, out var open) && _messages[open].Undo); break;
            case JournalKind.Done: Answer(entry, step, "reply", "answered"); break;
            case JournalKind.Undone: Answer(entry, step, "reply", "answered"); break;
            case JournalKind.Refused or JournalKind.Retrying or JournalKind.UndoFailed: Answer(entry, step, "refusal", "refused"); break;
            case JournalKind.TimedOut: Close(entry.Step, "timed-out"); break;
            case JournalKind.Early or JournalKind.Cancelled: Add(Come(entry, null, service, "event")); break;
            case JournalKind.Late: Add(Come(entry, step?.Service, service, step?.Service is null ? "event" : "reply") with { Outcome = "late" }); break;
        }
    }

    private void Ask(TimelineEntry entry, DefinitionStep? step, bool undo)
    {
        var message = undo ? step?.Undo : step?.Command;
        var before = entry.Step is { } name && _open.TryGetValue(name, out var last) ? _messages[last] : null;
        var index = Add(Come(entry, service, step?.Service ?? "unknown", "command") with
        {
            Message = message, Undo = undo, Outcome = "open", Attempt = (before is { Undo: var same } && same == undo ? before.Attempt : 0) + 1,
        });
        if (entry.Step is { } open)
        {
            _open[open] = index;
        }
    }

    private void Answer(TimelineEntry entry, DefinitionStep? step, string kind, string outcome)
    {
        if (entry.Step is not { } name || !_open.TryGetValue(name, out var asked) || _messages[asked].Outcome != "open")
        {
            // Nobody was asked: its own code, or an event from outside.
            _cause = Add(Come(entry, step?.Work == "wait" ? null : service, service, step?.Work == "wait" ? "event" : "local") with { Outcome = outcome, Undo = entry.Kind == JournalKind.Undone });
            return;
        }

        var command = _messages[asked];
        Close(name, outcome);
        _cause = Add(Come(entry, command.To, service, kind) with
        {
            Cause = asked, Undo = command.Undo, Attempt = command.Attempt, Outcome = outcome, Seconds = command.At is { } at ? (entry.At - at).TotalSeconds : null,
        });
    }

    private void Close(string? step, string outcome)
    {
        if (step is not null && _open.TryGetValue(step, out var asked) && _messages[asked].Outcome == "open")
        {
            _messages[asked] = _messages[asked] with { Outcome = outcome };
        }
    }

    private Exchange Come(TimelineEntry entry, string? from, string to, string kind) => new()
    {
        Index = _messages.Count, Cause = _cause, From = from, To = to, Kind = kind, Step = entry.Step, At = entry.At, Detail = entry.Detail, Outcome = "answered",
    };

    private int Add(Exchange message)
    {
        _messages.Add(message);
        return message.Index;
    }
}
