using System.Text.Json.Nodes;
using Dapper;

namespace Skald.Servers.Tests;

/// <summary>One way to change a definition. What is not overridden stays as it was.</summary>
public abstract class Change
{
    /// <summary>The definition's name.</summary>
    public abstract string Name { get; }

    /// <summary>The steps that version 2 takes, but for the wait.</summary>
    public abstract IReadOnlyList<string> NewSteps { get; }

    /// <summary>A step of version 1 that processes with the new code skip, for its way forward is gone.</summary>
    public virtual string? Skipped => null;

    /// <summary>Whether the undo of that step is gone as well.</summary>
    public virtual bool IsNeverUndone => false;

    /// <summary>The new code.</summary>
    public abstract void Define(ChangedSaga saga);

    /// <summary>All there are.</summary>
    public static IReadOnlyList<Change> All { get; } = [new AddedBefore(), new AddedAt(), new AddedAfter(), new KeptUntil(), new Removed(), new RemovedForGood(), new Renamed(), new SameSteps()];
}

/// <summary>Builds a definition of the new code, step by step, whose effects are called by a name that stays.</summary>
public sealed class ChangedSaga(SagaBuilder<NewOrder> saga, string kind)
{
    public SagaBuilder<NewOrder> Builder => saga;

    public ICompensatableStep<NewOrder, ICommand<NewDone>> Step(string name, string? effect = null) =>
        saga.Step(name).Send(o => new NewDo(kind, o.Id, effect ?? name, o.Refused)).Undo(o => new UndoIt(kind, o.Id, effect ?? name))
            .OnReply((o, r) => o with { Memo = $"{o.Memo} {r.Step}", Seen = r.By is null ? o.Seen : o.Seen + 1 });

    public void Wait() => saga.WaitFor<GoOn>("ask");
}

public sealed class AddedBefore : Change
{
    public override string Name => "added-before";

    public override IReadOnlyList<string> NewSteps => ["x", "a", "b", "c"];

    public override void Define(ChangedSaga saga)
    {
        saga.Step("x").Since(2);
        saga.Step("a");
        saga.Wait();
        saga.Step("b");
        saga.Step("c");
    }
}

public sealed class AddedAt : Change
{
    public override string Name => "added-at";

    public override IReadOnlyList<string> NewSteps => ["a", "x", "b", "c"];

    public override void Define(ChangedSaga saga)
    {
        saga.Step("a");
        saga.Step("x").Since(2);
        saga.Wait();
        saga.Step("b");
        saga.Step("c");
    }
}

public sealed class AddedAfter : Change
{
    public override string Name => "added-after";

    public override IReadOnlyList<string> NewSteps => ["a", "b", "x", "c"];

    public override void Define(ChangedSaga saga)
    {
        saga.Step("a");
        saga.Wait();
        saga.Step("b");
        saga.Step("x").Since(2);
        saga.Step("c");
    }
}

public sealed class KeptUntil : Change
{
    public override string Name => "kept-until";

    public override IReadOnlyList<string> NewSteps => ["a", "c"];

    public override void Define(ChangedSaga saga)
    {
        saga.Step("a");
        saga.Wait();
        saga.Step("b").Until(2);
        saga.Step("c");
    }
}

public sealed class Removed : Change
{
    public override string Name => "removed";

    public override IReadOnlyList<string> NewSteps => ["a", "c"];

    public override string Skipped => "b";

    public override void Define(ChangedSaga saga)
    {
        saga.Step("a");
        saga.Wait();
        saga.Builder.Removed("b", since: 2).Undo(o => new UndoIt(Name, o.Id, "b"));
        saga.Step("c");
    }
}

public sealed class RemovedForGood : Change
{
    public override string Name => "removed-for-good";

    public override IReadOnlyList<string> NewSteps => ["a", "c"];

    public override string Skipped => "b";

    public override bool IsNeverUndone => true;

    public override void Define(ChangedSaga saga)
    {
        saga.Step("a");
        saga.Wait();
        saga.Builder.Removed("b", since: 2).NothingToUndo("it was free");
        saga.Step("c");
    }
}

public sealed class Renamed : Change
{
    public override string Name => "renamed";

    public override IReadOnlyList<string> NewSteps => ["a", "b", "c"];

    public override void Define(ChangedSaga saga)
    {
        saga.Step("first", "a").Formerly("a", before: 2);
        saga.Builder.WaitFor<GoOn>("answer").Formerly("ask", before: 2);
        saga.Step("second", "b").Formerly("b", before: 2);
        saga.Step("c");
    }
}

/// <summary>Only the state and the reply have changed, as they have in all of these.</summary>
public sealed class SameSteps : Change
{
    public override string Name => "same-steps";

    public override IReadOnlyList<string> NewSteps => ["a", "b", "c"];

    public override void Define(ChangedSaga saga)
    {
        saga.Step("a");
        saga.Wait();
        saga.Step("b");
        saga.Step("c");
    }
}

[Event("ROLL_GO_ON")]
public sealed record GoOn : IEvent;

public sealed record OldOrder(string Id, bool Refused, string Note = "");

/// <summary>A member has another name, one is required, and one came along.</summary>
public sealed record NewOrder(string Id, bool Refused, string Memo = "")
{
    public required string Currency { get; init; }

    public int Seen { get; init; }
}

[Command("roll.do", To = "shop")]
public sealed record OldDo(string Kind, string Id, string Step, bool Refused) : ICommand<OldDone>;

public sealed record OldDone(string Step);

[Command("roll.do", To = "shop")]
public sealed record NewDo(string Kind, string Id, string Step, bool Refused) : ICommand<NewDone>;

/// <summary>The reply has one more field.</summary>
public sealed record NewDone(string Step, string? By = null);

[Command("roll.undo", To = "shop")]
public sealed record UndoIt(string Kind, string Id, string Step) : ICommand<Done>;

/// <summary>The old code of a definition.</summary>
public sealed class OldSaga<TChange> : Saga<OldOrder> where TChange : Change, new()
{
    public override string Name => new TChange().Name;

    protected override void Define(SagaBuilder<OldOrder> saga)
    {
        Step("a");
        saga.WaitFor<GoOn>("ask");
        Step("b");
        Step("c");

        void Step(string name) => saga.Step(name).Send(o => new OldDo(Name, o.Id, name, o.Refused)).Undo(o => new UndoIt(Name, o.Id, name))
            .OnReply((o, r) => o with { Note = $"{o.Note} {r.Step}" });
    }
}

/// <summary>The new code of it.</summary>
public sealed class NewSaga<TChange> : Saga<NewOrder> where TChange : Change, new()
{
    public override string Name => new TChange().Name;

    public override int Version => 2;

    protected override void Define(SagaBuilder<NewOrder> saga)
    {
        new TChange().Define(new ChangedSaga(saga, Name));
        saga.StateChanged(2, Upgrade, Downgrade);
    }

    private static void Upgrade(JsonObject state)
    {
        state["memo"] = state["note"]?.DeepClone();
        state["currency"] = "EUR";
        state.Remove("note");
    }

    private static void Downgrade(JsonObject state)
    {
        state["note"] = state["memo"]?.DeepClone();
        state.Remove("memo");
        state.Remove("currency");
    }
}

/// <summary>What is done at the shop, a row each time.</summary>
public sealed class RollHandlers
{
    public const string Schema = "CREATE TABLE IF NOT EXISTS effects (kind TEXT NOT NULL, id TEXT NOT NULL, step TEXT NOT NULL, undo INTEGER NOT NULL)";

    public async Task<Reply<NewDone>> Handle(NewDo command, MessageContext context)
    {
        if (command is { Refused: true, Step: "c" })
        {
            return new Refusal("Refused", "no");
        }

        await BookAsync(context, command.Kind, command.Id, command.Step, 0);
        return new NewDone(command.Step, "shop");
    }

    public async Task<Reply<Done>> Handle(UndoIt command, MessageContext context)
    {
        await BookAsync(context, command.Kind, command.Id, command.Step, 1);
        return Done.Instance;
    }

    private static Task<int> BookAsync(MessageContext context, string kind, string id, string step, int undo) =>
        context.Connection.ExecuteAsync("INSERT INTO effects (kind, id, step, undo) VALUES (@kind, @id, @step, @undo)", new { kind, id, step, undo }, context.Transaction);
}
