using Skald.Decisions;
using Skald.Definition;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

/// <summary>Holds against a saga what is foreseen of every act on it: for each state that a verification comes to.</summary>
internal sealed class ForesightCheck
{
    private readonly HashSet<string> _seen = [];

    /// <summary>States that were looked at.</summary>
    public int States => _seen.Count;

    /// <summary>Acts that would do something.</summary>
    public int Acts { get; private set; }

    /// <summary>A verification that looks at each state on the way.</summary>
    public SagaVerification On(SagaVerification verification) => verification.WithDecider((plan, saga, input, now) =>
    {
        var decision = SagaDecider.Decide(plan, saga, input, now);
        if (!decision.Next.Status.IsFinal() && _seen.Add($"{decision.Next.Status} {decision.Next.Failure?.Step} {string.Join(';', decision.Next.Steps.Select(s => $"{s.State}{s.Attempt}{s.Name}{s.IsDoneAgain}{s.Due - now}"))}"))
        {
            Look(plan, decision.Next, now);
        }

        return decision;
    });

    private void Look(SagaPlan plan, SagaInstance saga, DateTimeOffset now)
    {
        foreach (var (act, input) in All(plan))
        {
            var foreseen = new ActForesight(plan, saga, now, type => (type.Name, "")).Of(act, _ => input);
            var walk = new Walk(plan, saga, now);
            walk.Go(input);
            Assert.Equal(foreseen.Refused, walk.Refused);
            if (foreseen.Refused is not null)
            {
                Assert.Same(saga, walk.Instance);
                continue;
            }

            Acts++;
            Assert.Equal(walk.After, foreseen.After);
            var told = foreseen.Now.Concat(foreseen.Then).Where(a => a.Kind is PlannedActionKind.Sends or PlannedActionKind.Runs).Select(a => $"{a.Step} {a.Undo} {a.Attempt} {a.Command}").ToList();
            Assert.True(told.SequenceEqual(walk.Did), $"{act} on {saga.Status}: foreseen {string.Join(", ", told)}; done {string.Join(", ", walk.Did)}");
            if (foreseen.End is { } end)
            {
                Assert.Equal(end, walk.Instance.Status);
            }
        }
    }

    private static IEnumerable<(SagaAct, SagaInput)> All(SagaPlan plan) =>
    [
        (new SagaAct.Resume(), new SagaInput.Resumed()), (new SagaAct.Retry(), new SagaInput.Retried()), (new SagaAct.Compensate(), new SagaInput.ForcedBack()),
        (new SagaAct.Pause(), new SagaInput.Paused()), (new SagaAct.Cancel(), new SagaInput.Cancelled()),
        .. plan.Steps.SelectMany(step => new (SagaAct, SagaInput)[]
        {
            (new SagaAct.Skip(step.Name), new SagaInput.StepSkipped(step.Name)), (new SagaAct.GoOnFrom(step.Name), new SagaInput.GoneBackTo(step.Name)),
            (new SagaAct.FireTimer(step.Name), new SagaInput.TimerFired(step.Name)),
        }),
    ];

    /// <summary>The saga as it goes on after an act, driven as in production, with participants that do what they are asked on the way back, first asked first.</summary>
    private sealed class Walk(SagaPlan plan, SagaInstance saga, DateTimeOffset now) : IDrivenSaga
    {
        private readonly Queue<Effect.Send> _open = new();

        public List<string> Did { get; } = [];

        public string? Refused { get; private set; }

        public SagaStatus? After { get; private set; }

        public SagaInstance Instance { get; private set; } = saga;

        public void Go(SagaInput input)
        {
            foreach (var step in plan.Steps.Where(s => Instance.Steps[s.Index].State is StepState.Undoing or StepState.UndoWait))
            {
                // Asked before.
                _open.Enqueue(new Effect.Send(step.Index, step.Name, Instance.Steps[step.Index].Attempt, Undo: true, null!));
            }

            Drive(input);
            while (Refused is null && Instance.Status == SagaStatus.Compensating && _open.TryDequeue(out var send))
            {
                Drive(new SagaInput.Replied(send.Name, send.Attempt, send.Undo, Done.Instance, null));
            }
        }

        private void Drive(SagaInput input)
        {
            try
            {
                SagaDriver.Drive(this, input, now);
            }
            catch (ForwardCode)
            {
                // What it does is not known beforehand.
                _open.Clear();
            }
        }

        public Decision Decide(SagaInput input, DateTimeOffset at) => SagaDecider.Decide(plan, Instance, input, at);

        public void Take(Decision decision)
        {
            Instance = decision.Next;
            After ??= decision.Next.Status;
            Refused ??= decision.Refused;
            foreach (var effect in decision.Effects)
            {
                Did.Add(effect is Effect.Send s ? $"{plan.Steps[s.Step].Name} {s.Undo} {s.Attempt} {s.Command.GetType().Name}" : $"{plan.Steps[((Effect.RunLocal)effect).Step].Name} {((Effect.RunLocal)effect).Undo} {((Effect.RunLocal)effect).Attempt} ");
                if (effect is Effect.Send { Undo: true } undo)
                {
                    _open.Enqueue(undo);
                }
            }
        }

        public ValueTask<SagaInput> RunAsync(Effect.RunLocal local) =>
            local.Undo ? ValueTask.FromResult<SagaInput>(new SagaInput.LocalDone(local.Step, true, Instance.State, null)) : throw new ForwardCode();
    }

    private sealed class ForwardCode : Exception;
}
