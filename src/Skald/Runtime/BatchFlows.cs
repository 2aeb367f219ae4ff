using Skald.Decisions;
using Skald.Definition;
using Skald.Diagnostics;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>A batch's flows: the owner's record of each instance, and every participant's lines in its timeline.</summary>
/// <param name="run">The batch: its mail publishes what a flow raises.</param>
internal sealed class BatchFlows(BatchRun run)
{
    private readonly Dictionary<Guid, FlowRun> _flows = [];
    private readonly HashSet<Guid> _stranded = [];

    /// <summary>Remembers an event of a flow: in the timeline, and in the owner's record of the instance.</summary>
    /// <param name="part">The flow.</param>
    /// <param name="id">The instance.</param>
    /// <param name="event">The event's wire name.</param>
    /// <param name="from">The service that it came from; null when this one publishes it.</param>
    public async ValueTask NoteAsync(FlowPart part, string id, string @event, string? from)
    {
        var flow = await FlowAsync(part, id, starts: part.Plan.Start?.Name == @event && from is null);
        run.WritesAnything = true;
        flow.Journal.Add(new JournalEntry(from is null ? JournalKind.Published : JournalKind.Received, @event, from));
        if (flow.Instance is not null)
        {
            await TakeAsync(flow, FlowDecider.Saw(part.Plan, flow.Instance, new FlowSighting(@event, from ?? run.Service, run.Now)));
        }

        if (part.Plan.Find(@event)?.Role is FlowRole.Completes or FlowRole.EndsUndone)
        {
            run.Changes.ReleasedOwners.Add(id);
        }
    }

    /// <summary>Wakes the flow stored under this id, if there is one.</summary>
    public async ValueTask WakeAsync(Guid id, DateTimeOffset foundAt)
    {
        if (!run.Loaded.Flows.TryGetValue(id, out var row))
        {
            return;
        }

        if (run.Setup.Model.Routing.FindFlow(row.Definition) is not { Owned: true } part)
        {
            Strand(row, $"service '{run.Service}' does not keep '{row.Definition}' any more");
            return;
        }

        var flow = await FlowAsync(part, row.Flow, starts: false);
        if (flow.Instance is not null)
        {
            await TakeAsync(flow, FlowDecider.Woken(part.Plan, flow.Instance, foundAt));
        }
    }

    /// <summary>A flow that the running service does not keep any more, or cannot read, is left to a person; it would be due for ever.</summary>
    private void Strand(FlowRow row, string reason)
    {
        if (row.EndedAt is not null || row is { Status: FlowStatus.Stuck, WakeAt: null } || !_stranded.Add(row.Id))
        {
            return;
        }

        var stuck = FlowCodec.Stick(row, reason, run.Now);
        run.Changes.Flows.Add(stuck);
        run.Changes.Journal.Add(new JournalRow(row.Id, stuck.Version, run.Now, JournalCodec.Encode([new JournalEntry(JournalKind.Stuck, null, reason)])));
        run.WritesAnything = true;
        run.Facts.Say(logger => logger.FlowStuck(row.Flow, row.Definition, reason));
    }

    private async ValueTask TakeAsync(FlowRun flow, FlowDecision decision)
    {
        // The instance is there: it was decided about.
        var before = flow.Instance!.Status;
        if (decision.Changed)
        {
            flow.Instance = decision.Next with { Version = flow.LoadedVersion + 1 };
            flow.Changed = true;
            run.WritesAnything = true;
        }

        if (decision.Next.Status != before)
        {
            NoteStatus(flow, decision.Next);
        }

        foreach (var rule in decision.Raise)
        {
            if (flow.Instance.Seen.Any(s => s.Event == rule.Raised))
            {
                // Raising another one showed that this one was overdue as well.
                continue;
            }

            await RaiseAsync(flow, flow.Instance, rule);
        }
    }

    private async ValueTask RaiseAsync(FlowRun flow, FlowInstance instance, FlowRule rule)
    {
        try
        {
            // A rule is only chosen for this when it says what to raise.
            var raised = rule.Raise!(instance.Id) ?? throw new InvalidOperationException("it made nothing");
            await run.Mail.PublishAsync(raised, instance.Id, MessageIds.Raised(flow.Row, rule.After, rule.Raised!), causation: null, traceParent: null);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            flow.Instance = instance with { Status = FlowStatus.Stuck, WakeAt = null, Reason = $"making '{rule.Raised}' threw {exception.GetType().Name}: {exception.Message}" };
            flow.Changed = true;
            NoteStatus(flow, flow.Instance);
        }
    }

    private void NoteStatus(FlowRun flow, FlowInstance next)
    {
        run.Facts.Count(SkaldMeter.Flows, ("flow", flow.Part.Plan.Name), ("status", next.Status.Word()));
        switch (next.Status)
        {
            case FlowStatus.Completed: flow.Journal.Add(new JournalEntry(JournalKind.Completed)); break;
            case FlowStatus.Undone: flow.Journal.Add(new JournalEntry(JournalKind.EndedUndone)); break;
            case FlowStatus.Stuck:
                flow.Journal.Add(new JournalEntry(JournalKind.Stuck, null, next.Reason));
                run.Facts.Say(logger => logger.FlowStuck(next.Id, flow.Part.Plan.Name, next.Reason));
                break;
        }
    }

    /// <summary>The flow's owner loads or begins its record; another service only has a timeline.</summary>
    private async ValueTask<FlowRun> FlowAsync(FlowPart part, string id, bool starts)
    {
        var row = part.RowOf(id);
        if (_flows.TryGetValue(row, out var known))
        {
            return known;
        }

        FlowInstance? instance = null;
        FlowRow? stored = null;
        if (part.Owned)
        {
            stored = run.Loaded.Flows.GetValueOrDefault(row);
            if (stored is null && !run.Asked.Flows.Contains(row) && (run.Careful || !starts))
            {
                var more = new LoadRequest();
                more.Flows.Add(row);
                await run.LoadMoreAsync(more);
                stored = run.Loaded.Flows.GetValueOrDefault(row);
            }

            instance = stored is not null ? Read(stored) : starts ? NewFlow(id) : null;
        }

        return _flows[row] = new FlowRun(part, row, instance);
    }

    private FlowInstance? Read(FlowRow row)
    {
        var flow = FlowCodec.FromRow(row, out var problem);
        if (flow is null)
        {
            // Set when there is no flow.
            Strand(row, problem!);
        }

        return flow;
    }

    private FlowInstance NewFlow(string id)
    {
        run.WritesAnything = true;
        return new FlowInstance { Id = id, Version = 0, Status = FlowStatus.Running, Seen = [], StartedAt = run.Now };
    }

    /// <summary>Turns what was decided into rows.</summary>
    public void Complete()
    {
        foreach (var flow in _flows.Values)
        {
            if (flow.Journal.Count > 0)
            {
                run.Changes.Journal.Add(new JournalRow(flow.Row, flow.Instance?.Version ?? 0, run.Now, JournalCodec.Encode(flow.Journal)));
            }

            if (flow is { Changed: true, Instance: { } instance })
            {
                run.Changes.Flows.Add(FlowCodec.ToRow(flow.Part.Plan, instance, run.Loaded.Flows.GetValueOrDefault(flow.Row), run.Now));
                run.NoteDue(instance.WakeAt);
            }
        }
    }
}

/// <summary>A flow within a batch.</summary>
internal sealed class FlowRun(FlowPart part, Guid row, FlowInstance? instance)
{
    public FlowPart Part => part;

    public Guid Row => row;

    public long LoadedVersion { get; } = instance?.Version ?? 0;

    /// <summary>Null for a service that does not own the flow, or an owner that does not know this instance.</summary>
    public FlowInstance? Instance { get; set; } = instance;

    public bool Changed { get; set; }

    public List<JournalEntry> Journal { get; } = [];
}
