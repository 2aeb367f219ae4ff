using Microsoft.CodeAnalysis;

namespace Skald.Generators.Analysis;

/// <summary>All rules: an error where start-up would refuse, a warning elsewhere.</summary>
internal static class Rules
{
    public static readonly DiagnosticDescriptor DuplicateStep = Error(
        Ids.DuplicateStep, "A step's name is its identity", "This saga has a step named '{0}' already. Step names are their identity: rename one.");

    public static readonly DiagnosticDescriptor StepDoesNothing = Error(
        Ids.StepDoesNothing, "A step must act", "Step '{0}' says neither Do(...) nor Send(...). Say what it does.");

    public static readonly DiagnosticDescriptor CannotBeUndone = Error(
        Ids.CannotBeUndone, "A step before the point of no return needs a way back",
        "Step '{0}' comes before the point of no return but cannot be undone. Add .Undo(...), or .NothingToUndo(\"why\") if it changes nothing.");

    public static readonly DiagnosticDescriptor CompensatableAfterPivot = Error(
        Ids.CompensatableAfterPivot, "After the pivot nothing is undone", "Step '{0}' comes after the pivot and would never be undone. Use saga.Retriable(...), or move it before the pivot.");

    public static readonly DiagnosticDescriptor SeveralPivots = Error(
        Ids.SeveralPivots, "There is one point of no return", "'{0}' is a second pivot; there is one point of no return. Make it Retriable.");

    public static readonly DiagnosticDescriptor RetriableBeforePivot = Error(
        Ids.RetriableBeforePivot, "Retrying for ever is only right when there is no way back",
        "Step '{0}' is retriable but no pivot comes before it. Add saga.Pivot(...) before it, or use saga.Step(...).");

    public static readonly DiagnosticDescriptor RefusalUnanswered = Error(
        Ids.RefusalUnanswered, "After the pivot a refusal cannot be compensated",
        "Step '{0}' is retriable and its participant may refuse. Say what then: .RetryRefused(retries, delay) or .ParkIfRefused().");

    public static readonly DiagnosticDescriptor UndoContradiction = Error(
        Ids.UndoContradiction, "A step is undone or needs no undoing", "Step '{0}' has both Undo(...) and NothingToUndo(...). Keep one.");

    public static readonly DiagnosticDescriptor MessageWithoutName = Error(
        Ids.MessageWithoutName, "The wire carries names", "Message {0} has no wire name. Add [Command(\"service.verb\", To = \"service\")] or [Event(\"NAME\")].");

    public static readonly DiagnosticDescriptor CommandWithoutService = Error(
        Ids.CommandWithoutService, "A command's contract names its service", "Command {0} does not say which service handles it. Add To = \"service\" to its [Command].");

    public static readonly DiagnosticDescriptor CommandWithoutReply = Error(
        Ids.CommandWithoutReply, "The reply's type is read off the command", "Command {0} names no reply. Implement ICommand<TReply>, with Done if there is nothing to say.");

    public static readonly DiagnosticDescriptor NameTaken = Warning(
        Ids.NameTaken, "A wire name means one thing", "The wire name '{0}' is used by {1} as well, so that one could be read as the other. Give one of them another.");

    public static readonly DiagnosticDescriptor HandlesNothing = Error(
        Ids.HandlesNothing, "A registration without effect is a mistake",
        "{0} is given to AddHandlers and has no method of the form Reply<TReply> Handle(TCommand, MessageContext) or void Handle(TEvent, MessageContext)");

    public static readonly DiagnosticDescriptor WrongReply = Error(
        Ids.WrongReply, "A handler answers with the reply that the command names", "Handle({0}, ...) must return Reply<{1}>, or a Task or ValueTask of it, because the command names that reply");

    public static readonly DiagnosticDescriptor FlowUndoMissing = Error(
        Ids.FlowUndoMissing, "What a flow has done must have a way back", "The flow does not say how {0} is undone. Add .UndoneBy<TEvent>(), or .NothingToUndo(\"why\").");

    public static readonly DiagnosticDescriptor FlowExpectsNothing = Error(
        Ids.FlowExpectsNothing, "A rule says what has to come next", "The rule after {0} expects nothing. Add .Expect<TEvent>().");

    public static readonly DiagnosticDescriptor FlowRaisesWithoutDeadline = Error(
        Ids.FlowRaisesWithoutDeadline, "Nothing is overdue that has no deadline", "An event is raised when what follows {0} is overdue, but nothing says when that is. Add .Within(...).");

    public static readonly DiagnosticDescriptor WrongEventHandler = Error(
        Ids.WrongEventHandler, "An event has no answer", "Handle({0}, ...) must return void, Task or ValueTask: nobody waits for an answer to an event");

    public static readonly DiagnosticDescriptor NotOneType = Error(
        Ids.NotOneType, "A wire name is read as one concrete type", "Message {0} is {1}; what arrives under a wire name is read as one concrete type. Name a concrete record here.");

    public static readonly DiagnosticDescriptor NameOfItsBase = Error(
        Ids.NameOfItsBase, "A wire name is never inherited", "Message {0} has no wire name of its own: '{1}' is that of its base {2}. Give it its own.");

    public static readonly DiagnosticDescriptor CommandOrEvent = Error(
        Ids.CommandOrEvent, "A message is a command or an event", "Message {0} {1}. A command is an ICommand<TReply> with [Command], an event is an IEvent with [Event]: make it one of them.");

    public static readonly DiagnosticDescriptor TwoReplies = Error(
        Ids.TwoReplies, "A command is answered with one reply", "Command {0} implements ICommand<TReply> for more than one reply. Keep the one that it is answered with.");

    public static readonly DiagnosticDescriptor ByKeyWithoutKey = Error(
        Ids.ByKeyWithoutKey, "ByKey finds sagas by their business key", "The wait '{0}' finds its saga by a key, and the saga has none. Say saga.Key(...).");

    public static readonly DiagnosticDescriptor DeadlineWithoutEffect = Warning(
        Ids.DeadlineWithoutEffect, "A pivot that cannot be undone has no deadline",
        "Within has no effect on pivot '{0}': it cannot be undone, so its answer is waited for. Say Undo or NothingToUndo if it may be given up, or ParkAfter to ask a person.");

    public static readonly DiagnosticDescriptor HandlerNotAwaited = Warning(
        Ids.HandlerNotAwaited, "Nobody waits for async void", "The transaction ends before this async void handler does. Return Task or ValueTask.");

    public static readonly DiagnosticDescriptor HandlerNeverCalled = Warning(
        Ids.HandlerNeverCalled, "A Handle of another form is never called", "This Handle is never called: {0}");

    public static readonly DiagnosticDescriptor StateCanChange = Warning(
        Ids.StateCanChange, "A state is an immutable record", "'{0}' of state {1} can be changed in place: {2}");

    public static readonly DiagnosticDescriptor AsksItsOwnService = Warning(
        Ids.AsksItsOwnService, "Code inside a message cannot ask its own service",
        "{0} is called from inside a message of the service, and would wait for the transaction that waits for it: it throws. {1}");

    public static readonly DiagnosticDescriptor ReasonMissing = Warning(
        Ids.ReasonMissing, "NothingToUndo says why", "Say in words why nothing has to be undone: people read it where the saga turned back");

    private static DiagnosticDescriptor Error(string id, string title, string message) => Rule(id, title, message, DiagnosticSeverity.Error);

    private static DiagnosticDescriptor Warning(string id, string title, string message) => Rule(id, title, message, DiagnosticSeverity.Warning);

    private static DiagnosticDescriptor Rule(string id, string title, string message, DiagnosticSeverity severity) => new(id, title, message, "Skald", severity, isEnabledByDefault: true);
}
