namespace Skald.Diagnostics;

/// <summary>Every problem that Skald reports, with its stable code and the fix. Explained in docs/errors.md.</summary>
internal static class ErrorCodes
{
    public static string NoSteps(string saga) =>
        $"SKALD100: saga '{saga}' has no steps. Add at least one with saga.Step(...).";

    public static string DuplicateStep(string saga, string step) =>
        $"SKALD101: saga '{saga}' has more than one step named '{step}'. Step names are their identity: rename one.";

    public static string StepDoesNothing(string saga, string step) =>
        $"SKALD102: step '{step}' of saga '{saga}' says neither Do(...) nor Send(...). Say what it does.";

    public static string CannotBeUndone(string saga, string step) =>
        $"SKALD103: step '{step}' of saga '{saga}' comes before the point of no return but cannot be undone. " +
        "Add .Undo(...), or .NothingToUndo(\"why\") if it changes nothing.";

    public static string CompensatableAfterPivot(string saga, string step) =>
        $"SKALD104: step '{step}' of saga '{saga}' comes after the pivot and would never be undone. Use saga.Retriable(...), or move it before the pivot.";

    public static string SeveralPivots(string saga, int count) =>
        $"SKALD105: saga '{saga}' has {count} pivots; there is one point of no return. Make the later ones Retriable.";

    public static string RetriableBeforePivot(string saga, string step) =>
        $"SKALD106: step '{step}' of saga '{saga}' is retriable but no pivot comes before it. Add saga.Pivot(...) before it, or use saga.Step(...).";

    public static string RefusalUnanswered(string saga, string step) =>
        $"SKALD107: step '{step}' of saga '{saga}' is retriable and its participant may refuse. Say what then: .RetryRefused(retries, delay) or .ParkIfRefused().";

    public static string UndoContradiction(string saga, string step) =>
        $"SKALD108: step '{step}' of saga '{saga}' has both Undo(...) and NothingToUndo(...). Keep one.";

    public static string DeadlineOutOfRange(string saga, string step, TimeSpan within) =>
        $"SKALD109: step '{step}' of saga '{saga}' has the deadline {within}; it must be more than zero and at most ten years.";

    public static string StepNameOnSeveralLines(string saga, string step) =>
        $"SKALD110: the name of step '{step}' of saga '{saga}' contains a tab, a line break or another control character. Names are stored as text, one line each: leave it out.";

    public static string SameEventTwice(string saga, Type type) =>
        $"SKALD111: saga '{saga}' waits for {type.Name} more than once; a copy of the first would end the second wait. Give each wait an event of its own.";

    public static string MessageWithoutName(Type type) =>
        $"SKALD120: message {type.Name} has no wire name. Add [Command(\"service.verb\", To = \"service\")] or [Event(\"NAME\")].";

    public static string CommandWithoutService(Type type, string name) =>
        $"SKALD121: command '{name}' ({type.Name}) does not say which service handles it. Add To = \"service\" to its [Command].";

    public static string CommandWithoutReply(Type type) =>
        $"SKALD122: command {type.Name} names no reply. Implement ICommand<TReply>, with Done if there is nothing to say.";

    public static string NameTaken(string service, string name, string first, string second) =>
        $"SKALD123: in service '{service}' the wire name '{name}' is used by {first} and by {second}, so that one could be read as the other. Give one of them another.";

    public static string NoHandler(string service, string command, string saga, string step) =>
        $"SKALD124: step '{step}' of saga '{saga}' sends '{command}' to service '{service}', which runs here but has no handler for it. Add one with AddHandlers<T>().";

    public static string HandlerTwice(string service, string command) =>
        $"SKALD125: service '{service}' has two handlers for '{command}'. Keep one.";

    public static string HandlesNothing(string service, Type handler) =>
        $"SKALD126: {handler.Name}, added to service '{service}', has no method of the form Reply<TReply> Handle(TCommand, MessageContext) or void Handle(TEvent, MessageContext). Add one, or remove the registration.";

    public static string HandlersNotGenerated(string service, Type handler) =>
        $"SKALD198: {handler.Name}, added to service '{service}', was compiled without the package Skald.Generators, which a program that is compiled ahead of time needs to call its methods. Add the package to its project; a class of handlers must then be neither private nor protected, and each Handle of the right form.";

    public static string WrongReply(Type handler, Type command, Type expected) =>
        $"SKALD127: {handler.Name}.Handle({command.Name}, ...) must return Reply<{expected.Name}>, or a Task or ValueTask of it, because the command names that reply.";

    public static string HandledElsewhere(string service, string command, string to) =>
        $"SKALD128: service '{service}' handles '{command}', but the command's To says '{to}', so nothing would reach it. Correct one of them.";

    public static string SagaVersionTaken(string service, string saga, int version) =>
        $"SKALD129: two sagas of service '{service}' are both version {version} of '{saga}'. Give one another name, or let its OldestVersion and Version lie beside the other's.";

    public static string AggregateName(Type state, string name) =>
        $"SKALD150: the aggregate of {state.Name} is named '{name}'. Use 1 to 100 lower-case letters, digits, hyphens, underscores and dots, such as 'booking'.";

    public static string AggregateNeverBegins(string aggregate) =>
        $"SKALD151: aggregate '{aggregate}' has no event with which it begins. Add one with Begins<TEvent>(e => state).";

    public static string EventTwice(string aggregate, Type type) =>
        $"SKALD152: aggregate '{aggregate}' says twice what {type.Name} changes. Keep one.";

    public static string EventNameTaken(string aggregate, string name, Type first, Type second) =>
        $"SKALD153: in aggregate '{aggregate}' the wire name '{name}' is read as {first.Name} and as {second.Name}. Give one of them another name.";

    public static string UpcastLeadsNowhere(string aggregate, string oldName, Type to) =>
        $"SKALD154: in aggregate '{aggregate}' the old event '{oldName}' becomes {to.Name}, which is not one of its events. Add that with Begins or On, or another Upcast from it.";

    public static string SnapshotsTooOften(string aggregate, int events) =>
        $"SKALD155: aggregate '{aggregate}' takes a snapshot every {events} events; use 10 to 1,000,000. Less costs more than it saves: SnapshotEvery(100) is a good start.";

    public static string AggregateTwice(string service, string aggregate, Type state) =>
        $"SKALD156: service '{service}' has two aggregates named '{aggregate}' or with the state {state.Name}. Give each its own.";

    public static string ProjectionName(string service, string projection) =>
        $"SKALD157: '{projection}', a projection of service '{service}', is not a usable name. Use 1 to 40 lower-case letters, digits and underscores, beginning with a letter, such as 'booking_list'.";

    public static string ProjectionTwice(string service, string projection) =>
        $"SKALD158: service '{service}' has two projections named '{projection}'. Rename one.";

    public static string ProjectionWithoutStore(string service, string projection) =>
        $"SKALD159: projection '{projection}' of service '{service}' has no database. Say UseSqlite(file), UsePostgreSql(connection) or Inline() when you add it.";

    public static string ProjectionPage(string service, string projection, int size) =>
        $"SKALD160: projection '{projection}' of service '{service}' has the PageSize {size}; it must be 1 to 100,000.";

    public static string NoAggregates(string service, string projection) =>
        $"SKALD161: projection '{projection}' is added to service '{service}', which has no aggregate and therefore no events. Add one with AddAggregate<T>().";

    public static string FlowStarts(string flow, int starts) =>
        $"SKALD130: flow '{flow}' is started by {starts} events; it must be one. Use flow.StartsWith<TEvent>(by) once.";

    public static string FlowEventTwice(string flow, string @event) =>
        $"SKALD131: flow '{flow}' declares '{@event}' more than once. Declare it once, with its publisher.";

    public static string FlowEventUnknown(string flow, string @event) =>
        $"SKALD132: flow '{flow}' speaks of '{@event}' but does not declare it. Add flow.Event<TEvent>(by), or CompletesWith or EndsUndoneWith.";

    public static string FlowDeadEnd(string flow, string @event) =>
        $"SKALD133: nothing follows '{@event}' in flow '{flow}', and it does not end there. Add flow.After<TEvent>().Expect<...>(), or declare it with CompletesWith or EndsUndoneWith.";

    public static string FlowEventUnreachable(string flow, string @event) =>
        $"SKALD134: nothing in flow '{flow}' leads to '{@event}'. Expect it after another event, or leave it out.";

    public static string FlowUndoMissing(string flow, string @event) =>
        $"SKALD135: flow '{flow}' does not say how '{@event}' is undone. Add .UndoneBy<TEvent>(), or .NothingToUndo(\"why\").";

    public static string FlowExpectsNothing(string flow, string after) =>
        $"SKALD136: flow '{flow}' has a rule after '{after}' that expects nothing. Add .Expect<TEvent>().";

    public static string FlowDeadlineOutOfRange(string flow, string after, TimeSpan within) =>
        $"SKALD137: flow '{flow}' waits {within} after '{after}'; it must be more than zero and at most ten years.";

    public static string FlowRaisesWithoutDeadline(string flow, string after, string raised) =>
        $"SKALD138: flow '{flow}' raises '{raised}' when what follows '{after}' is overdue, but nothing says when that is. Add .Within(...).";

    public static string FlowCycle(string flow, IReadOnlyList<string> cycle) =>
        $"SKALD139: flow '{flow}' goes in a circle: {string.Join(" -> ", cycle)}. A flow has an end: start a new one instead.";

    public static string FlowEventUnhandled(string flow, string @event, string service) =>
        $"SKALD140: flow '{flow}' needs service '{service}' to handle '{@event}', and it runs here without a handler for it. Add void Handle(TEvent, MessageContext) with AddHandlers<T>().";

    public static string FlowNotAdded(string flow, string service) =>
        $"SKALD141: service '{service}' takes part in flow '{flow}' and runs here without it. Add it with AddFlow<TFlow>().";

    public static string FlowEventShared(string service, string @event, string first, string second) =>
        $"SKALD142: '{@event}' belongs to flow '{first}' and to flow '{second}' of service '{service}', so nobody can tell which is meant. Give one of them another event.";

    public static string FlowNameTaken(string service, string flow) =>
        $"SKALD143: service '{service}' has two flows named '{flow}'. Override Name in one.";

    public static string WrongEventHandler(Type handler, Type @event) =>
        $"SKALD144: {handler.Name}.Handle({@event.Name}, ...) must return void, Task or ValueTask: nobody waits for an answer to an event.";

    public static string NotPublished(string service, string @event) =>
        $"SKALD145: service '{service}' does not say that it publishes '{@event}'. Add Publishes<TEvent>(), or declare it as its event in a flow.";

    public static string FlowIdMissing(string flow, string @event) =>
        $"SKALD146: '{@event}' belongs to flow '{flow}' but was published outside of any. Pass the flow's id: Publish(event, flow: id).";

    public static string StepNameTooLong(string saga, string step, int most) =>
        $"SKALD170: the name of step '{step}' of saga '{saga}' has more than {most} bytes, which is all that this transport carries with a command. Shorten it.";

    public static string QueueNameTooLong(string service, string queue, int most) =>
        $"SKALD171: queue '{queue}', which service '{service}' uses, has a name of more than {most} bytes, which this transport does not take. Shorten the name of the service or subscription that it is made from.";

    public static string TopicNameTooLong(string service, string topic, int most) =>
        $"SKALD172: topic '{topic}', which service '{service}' uses, has a name of more than {most} bytes, which this transport does not take. Shorten it.";

    public static string MessageNameTooLong(string service, string message, int most) =>
        $"SKALD173: the wire name '{message}', which service '{service}' uses, has more than {most} bytes, which this transport does not carry. Shorten it.";

    public static string ServiceNameTooLong(string service, int most) =>
        $"SKALD174: the name of service '{service}' has more than {most} bytes, which this transport does not carry. Shorten it.";

    public static string NotOneType(Type type, string what) =>
        $"SKALD180: message {type.Name} is {what}; what arrives under a wire name is read as one concrete type. Give each concrete record a wire name of its own, and name that here.";

    public static string NameOfItsBase(Type type, string name, Type parent) =>
        $"SKALD181: message {type.Name} has no wire name of its own: '{name}' is that of its base {parent.Name}, and one would be read as the other. Give it its own [Event(\"NAME\")] or [Command(\"service.verb\", To = \"service\")].";

    public static string CommandOrEvent(Type type, string what) =>
        $"SKALD182: message {type.Name} {what}. A command is an ICommand<TReply> with [Command], an event is an IEvent with [Event]: make it one of them.";

    public static string UnusableName(string what, string name) =>
        $"SKALD183: {what} '{(name.Length > 60 ? name[..60] + "..." : name)}' cannot be used: {(string.IsNullOrWhiteSpace(name) ? "it is empty" : name.Any(char.IsControl) ? "it contains a control character" : $"it has {System.Text.Encoding.UTF8.GetByteCount(name)} bytes")}. " +
        "Use 1 to 200 characters on one line; those beyond ASCII count as the 2 to 4 bytes of their UTF-8.";

    public static string NotWrittenHere(string name, string reader, Type read, string member, string writer, Type written) =>
        $"SKALD184: service '{reader}' reads '{name}' as {read.Name}, which cannot do without '{member}'; service '{writer}' writes it as {written.Name}, which has none. Use one type, or make it optional in {read.Name}.";

    public static string DoesNotComeBack(string where, string why, string fix) =>
        $"SKALD185: {where} would not come back from JSON as it was: {why}. {fix}.";

    public static string WiderThanDeclared(Type type, Type declared) =>
        $"SKALD186: {type.Name} is written where {declared.Name} is read, and what it has besides would be lost. Add [JsonDerivedType(typeof({type.Name}), \"...\")] to {declared.Name}, or give a {declared.Name}.";

    public static string OptionOutOfRange(string service, string options, string name, string value, string least, string most) =>
        $"SKALD187: {options}.{name} of service '{service}' is {value}; it must be {least} to {most}.";

    public static string RetryOutOfRange(string saga, string step, string policy, string name, string value, string least, string most) =>
        $"SKALD188: the {policy} of step '{step}' of saga '{saga}' has {name} {value}; it must be {least} to {most}.";

    public static string TwoReplies(Type type) =>
        $"SKALD189: command {type.Name} implements ICommand<TReply> for more than one reply. Keep the one that it is answered with.";

    public static string ServiceTwice(string service) =>
        $"SKALD190: service '{service}' is added twice. Add it once with all that it has, or give the other one a name of its own.";

    public static string WireKeyUnreadable(string service, string why) =>
        $"SKALD191: service '{service}' finds no key in SKALD_WIRE_KEY: {why}. Two keys have a comma between them; none says that there is none.";

    public static string NoSuchVersion(string saga, string what, int named, int least, int version) =>
        $"SKALD192: {what} of saga '{saga}' names version {named}, which must be {least} or later, and not later than the definition's own, {version}. Raise the definition's Version, or name another.";

    public static string VersionOutOfRange(string saga, int version, int oldest) =>
        $"SKALD193: saga '{saga}' has Version {version} and OldestVersion {oldest}. Version must be 1 to 1000, and OldestVersion 1 to Version.";

    public static string TurnsBackAfterPivot(string saga, string step, Type @event) =>
        $"SKALD194: the wait '{step}' of saga '{saga}' turns back with {@event.Name}, and stands after the point of no return. Move it before the pivot, or take the event into the state.";

    public static string SettingUnreadable(string service, string setting, string why) =>
        $"SKALD196: the setting {setting} of service '{service}' cannot be used: {why}.";

    public static string AddressUnknown(string service, string setting, string? address) =>
        $"SKALD197: {(address is null ? $"there is no setting {setting} for service '{service}'" : $"the setting {setting} of service '{service}' is '{address}', which is no connection string's name and no address of a kind that the program knows")}. Give it an address, or add its kind to the AddressBook.";

    public static string ByKeyWithoutKey(string saga, string step, Type @event) =>
        $"SKALD195: the wait '{step}' of saga '{saga}' finds its saga by a key of {@event.Name}, and the saga has none. Say saga.Key(...).";
}
