using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Skald.Decisions;
using Skald.Definition;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>A batch's sagas: found among what was loaded, driven by the pure core, and turned into rows.</summary>
/// <param name="run">The batch: its invoker runs local code, its mail publishes what that asks for.</param>
internal sealed class BatchSagas(BatchRun run)
{
    private readonly Dictionary<Guid, SagaRun> _sagas = [];
    private readonly HashSet<Guid> _parked = [];
    private readonly HashSet<Guid> _passedOn = [];

    /// <summary>Sagas that will not go on by themselves.</summary>
    public List<SagaRow> Ended { get; } = [];

    /// <summary>Local code that failed when this work was tried before: it is not run again here.</summary>
    public IReadOnlyList<LocalStepException> Faults { get; set; } = [];

    /// <param name="plan">What it runs.</param>
    /// <param name="saga">As it begins.</param>
    /// <param name="cause">The trace context of whoever starts it.</param>
    /// <param name="begun">The span of the start, kept from one try to the next.</param>
    public SagaRun Add(SagaPlan plan, SagaInstance saga, string? cause, ref Activity? begun) =>
        _sagas[saga.Id.Value] = new SagaRun(run, plan, saga, loaded: null) { TraceParent = run.Spans.Start(plan, saga.Id, cause, ref begun) };

    public SagaRun? Find(SagaId id)
    {
        if (_sagas.TryGetValue(id.Value, out var known))
        {
            return known;
        }

        if (!run.Loaded.Sagas.TryGetValue(id.Value, out var row))
        {
            return null;
        }

        if (run.Setup.Model.FindPlan(row.Definition, row.PlanVersion) is not { } plan)
        {
            return null;
        }

        var saga = SagaCodec.FromRow(plan, row, run.Serializer, out var problem);
        if (saga is null)
        {
            // Set when there is no saga.
            Park(row, problem!);
            return null;
        }

        return _sagas[id.Value] = new SagaRun(run, plan, saga, row) { IsAnothers = row.Incarnation is { } incarnation && incarnation != run.Incarnation };
    }

    /// <summary>Whether the batch does something with a saga.</summary>
    public bool Touches(Guid id) => _sagas.TryGetValue(id, out var saga) && saga.Changed;

    /// <summary>Somebody keeps a saga from being removed, or does so no longer.</summary>
    public void Hold(SagaRun saga, string? hold)
    {
        saga.Hold = hold;
        Write(saga);
    }

    /// <summary>Its row is written, even if nothing is decided about it.</summary>
    private void Write(SagaRun saga)
    {
        saga.Changed = run.WritesAnything = true;
        saga.Instance = saga.Instance with { Version = saga.LoadedVersion + 1 };
    }

    /// <summary>A saga whose version this process does not know; null when it knows it, or there is none.</summary>
    public SagaRow? Stranger(SagaId id) =>
        run.Loaded.Sagas.TryGetValue(id.Value, out var row) && run.Setup.Model.FindPlan(row.Definition, row.PlanVersion) is null ? row : null;

    /// <summary>Leaves a message to a process that knows the version of its saga. The saga is due from now on, so that somebody sees it if there is none.</summary>
    /// <returns>False when the saga has ended, and it is dropped.</returns>
    public bool PassOn(SagaRow stranger, Envelope envelope, ReadOnlyMemory<byte> body, int attempts)
    {
        if (stranger.Status.IsFinal())
        {
            run.Facts.Count(SkaldMeter.Late);
            return false;
        }

        var now = UnixTime.From(run.Now);
        var plan = SagaPlan.NameOf(stranger.Definition, stranger.PlanVersion);
        run.Mail.Delay(new DelayedRow(envelope.Id, EnvelopeCodec.Encode(envelope), body, attempts, 0, now, $"waits for a process that knows '{plan}'") { Plan = plan });
        run.PassesOn = run.WritesAnything = true;
        if (stranger.Status != SagaStatus.Parked && !(stranger.WakeAt <= now) && !_parked.Contains(stranger.Id) && _passedOn.Add(stranger.Id))
        {
            run.Changes.Sagas.Add(stranger with { Version = stranger.Version + 1, WakeAt = now, StateIsUnchanged = true });
        }

        return true;
    }

    /// <summary>Parks a saga whose version no process knows that lives. The next one that knows it finds it, and resumes it.</summary>
    public void Strand(SagaRow stranger) => Park(
        stranger,
        $"it runs version {stranger.PlanVersion} of '{stranger.Definition}', which no process of service '{run.Service}' knows that is running; it goes on when one is started that does",
        SagaRow.OfNobodyWhoKnowsIt);

    /// <summary>Decides an input, runs the local code it asks for, and decides its result, until nothing is left to run.</summary>
    public async ValueTask DecideAsync(SagaRun saga, SagaInput input)
    {
        await UnstrandAsync(saga);
        saga.ForgetAnswers();
        await SagaDriver.DriveAsync(saga, input, run.Now);
        if (saga.SendsBesideAnother)
        {
            // Who sends has all that is open: of what another process has sent, nobody here knows whether it was confirmed.
            await SagaDriver.DriveAsync(saga, new SagaInput.TakenOver(), run.Now);
        }
    }

    /// <summary>A saga that was parked because nobody knew its version goes on, before anything else happens to it.</summary>
    public async ValueTask UnstrandAsync(SagaRun saga)
    {
        if (saga.IsStranded)
        {
            Claim(saga);
            saga.ActedOnBy(null, $"a process that knows version {saga.Plan.Version} is here");
            await SagaDriver.DriveAsync(saga, new SagaInput.Resumed(), run.Now);
            saga.ActedOnBy(null, null);
        }
    }

    /// <summary>This instance has the saga's open commands from now on: that is written, even if nothing else changes.</summary>
    public void Claim(SagaRun saga)
    {
        saga.IsClaimed = true;
        Write(saga);
    }

    /// <summary>Takes a decision about a saga into the batch.</summary>
    public void Take(SagaRun saga, Decision decision)
    {
        var before = saga.Instance.Status;
        if (decision.Changed)
        {
            if (decision.Next.Status != before && !before.Next().Contains(decision.Next.Status))
            {
                throw new UnreachableException($"Saga {saga.Instance.Id} may not go from {before} to {decision.Next.Status}.");
            }

            if (SkaldMeter.StepDuration.Enabled)
            {
                MeasureSteps(saga.Plan, saga.Instance.Steps, decision.Next.Steps);
            }

            // However many inputs a batch brings, the row is written once: one version.
            saga.Instance = decision.Next with { Version = saga.LoadedVersion + 1 };
            saga.Changed = true;
            run.Facts.Count(saga.Plan.Name, before, decision.Next.Status);
        }

        run.WritesAnything |= decision.Changed || decision.Journal.Count > 0;
        saga.Note(decision.Journal);
        foreach (var entry in decision.Journal)
        {
            LogEntry(saga, entry);
        }

        foreach (var effect in decision.Effects)
        {
            if (effect is Effect.Send send)
            {
                SendForSaga(saga, send);
            }
        }
    }

    private void MeasureSteps(SagaPlan plan, ImmutableArray<StepRecord> before, ImmutableArray<StepRecord> after)
    {
        for (var i = 0; i < before.Length; i++)
        {
            if (before[i].State is StepState.Sent or StepState.Waiting or StepState.Undoing && after[i].State != before[i].State)
            {
                run.Facts.Measure(
                    SkaldMeter.StepDuration, run.Now - before[i].Since, ("saga", plan.Name), ("step", plan.Steps[i].Name), ("outcome", after[i].State.ToString().ToLowerInvariant()), ("undo", before[i].State == StepState.Undoing));
            }
        }
    }

    /// <summary>Runs a saga's local code in this transaction.</summary>
    /// <exception cref="LocalStepException">It threw; the transaction has to be rolled back.</exception>
    public async ValueTask<SagaInput> RunLocalAsync(SagaRun saga, Effect.RunLocal local)
    {
        var id = saga.Instance.Id;
        if (Faults.FirstOrDefault(f => f.Is(id, local.Step, local.Undo)) is { } fault)
        {
            return fault.Input;
        }

        try
        {
            var context = run.NewStepContext(saga, local);
            var (state, refusal) = await run.Invoker.RunAsync(local.Name, local.Run, saga.Instance.State, context);
            saga.CheckStorable(state);
            await run.Mail.PublishFromAsync(context, MessageIds.Command(id, local.Name, run.Secrets.Of(id, local.Name), local.Attempt, local.Undo));
            return new SagaInput.LocalDone(local.Step, local.Undo, state, refusal);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !run.Setup.IsStopping)
        {
            throw new LocalStepException(id, local.Step, local.Undo, exception);
        }
    }

    private void SendForSaga(SagaRun saga, Effect.Send send)
    {
        if (!saga.Sends(send))
        {
            return;
        }

        var route = run.Setup.Model.RouteOf(send.Command.GetType());
        var secret = run.Secrets.Of(saga.Instance.Id, send.Name);
        var envelope = new Envelope
        {
            Id = MessageIds.Command(saga.Instance.Id, send.Name, secret, send.Attempt, send.Undo),
            Type = route.Contract.Name,
            Kind = MessageKind.Command,
            Source = run.Service,
            Destination = route.Queue,
            ReplyTo = run.Setup.Model.ReplyQueue,
            Saga = saga.Instance.Id,
            Step = send.Name,
            Attempt = send.Attempt,
            Undo = send.Undo,
            WasDone = send.WasDone,
            Secret = secret,
            Time = run.Now,
        };
        // No outbox row: the saga's row says which instance has this command, and whoever takes it over makes it again.
        run.Outgoing.Add(new OutgoingMessage(run.Spans.Send(envelope, saga.TraceParent), run.Serializer.Write(send.Command)));
    }

    /// <summary>Parks a saga that the running definitions cannot carry on. Its row stays as it is otherwise: nothing is guessed.</summary>
    private void Park(SagaRow row, string reason, long? incarnation = null)
    {
        // One that waited for somebody who knows its version learns why that did not help.
        var isStranded = row.Incarnation == SagaRow.OfNobodyWhoKnowsIt && incarnation is null;
        if (row.Status.IsFinal() || (row.Status == SagaStatus.Parked && !isStranded) || _passedOn.Contains(row.Id) || !_parked.Add(row.Id))
        {
            // A row is written once; what is left is found by the next look.
            return;
        }

        var parked = SagaCodec.Park(row, reason, run.Now, incarnation);
        run.Changes.Sagas.Add(parked);
        run.Changes.Journal.Add(new JournalRow(row.Id, parked.Version, run.Now, JournalCodec.Encode([new JournalEntry(JournalKind.Parked, null, reason)])));
        Ended.Add(parked);
        run.WritesAnything = true;
        run.Facts.Say(logger => logger.SagaParked(new SagaId(row.Id), row.Definition, reason));
    }

    private void LogEntry(SagaRun saga, JournalEntry entry)
    {
        switch (entry.Kind)
        {
            case JournalKind.Compensating or JournalKind.Parked or JournalKind.UndoFailed: run.Facts.Say(Line(saga.Instance.Id, saga.Plan.Name, entry)); break;
            case JournalKind.Late: run.Facts.Count(SkaldMeter.Late); break;
            case JournalKind.Started: run.Facts.Count(SkaldMeter.Started, ("saga", saga.Plan.Name)); break;
        }
    }

    private static Action<ILogger> Line(SagaId saga, string name, JournalEntry entry) => logger =>
    {
        switch (entry.Kind)
        {
            case JournalKind.Compensating: logger.SagaTurnedBack(saga, name, entry.Step, entry.Detail); break;
            case JournalKind.Parked: logger.SagaParked(saga, name, entry.Detail); break;
            case JournalKind.UndoFailed: logger.UndoGaveUp(saga, entry.Step, entry.Detail); break;
        }
    };

    /// <summary>Turns what was decided into rows.</summary>
    public void Complete()
    {
        foreach (var saga in _sagas.Values)
        {
            saga.WriteJournal(run.Changes.Journal, run.Now);

            if (!saga.Changed)
            {
                continue;
            }

            if (!run.Serves)
            {
                // It sends nothing itself: what it leaves open belongs to nobody, and is taken over at once.
                run.Outgoing.RemoveAll(m => m.Envelope.Saga == saga.Instance.Id);
            }

            var row = saga.ToRow(run.Now, run.CarriesMessages ? null : run.Serves ? run.Incarnation : 0);
            run.Changes.Sagas.Add(row);
            if (saga.Instance.Status.IsFinal())
            {
                SagaKeys.Free(run, saga.Plan, row);
                if (row.EndedAt == UnixTime.From(run.Now))
                {
                    run.Facts.Measure(SkaldMeter.SagaDuration, run.Now - saga.Instance.StartedAt, ("saga", saga.Plan.Name), ("outcome", saga.Instance.Status.Word()));
                }
            }

            if (saga.Instance.Status.IsFinal() || saga.Instance.Status == SagaStatus.Parked)
            {
                Ended.Add(row);
            }

            run.NoteDue(saga.Instance.WakeAt);
        }
    }
}
