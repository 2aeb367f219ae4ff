using Skald.Decisions;

namespace Skald.Management;

/// <summary>What the engine says of books, in words, and back.</summary>
internal static class BookItems
{
    private const string Unreadable = "unreadable";

    private static readonly Dictionary<string, EffectState> States = Enum.GetValues<EffectState>().ToDictionary(Words.Of);
    private static readonly Dictionary<string, LedgerOutcome> Outcomes = Enum.GetValues<LedgerOutcome>().ToDictionary(Words.Of);
    private static readonly Dictionary<string, SagaStatus> Statuses = Enum.GetValues<SagaStatus>().ToDictionary(status => status.Word());

    public static BookedService Service(string service, TimeSpan removedKnownFor, IEnumerable<AskedStep> asked) =>
        new(service, removedKnownFor.TotalSeconds, [.. asked.Select(step => new BookedAsk(step.Step, step.Participant, step.Message))]);

    public static BookedSaga Saga(SagaAccount saga) => new(
        saga.Service, saga.Saga.ToString(), saga.Definition, saga.Status.Word(), saga.Version, [.. saga.Steps.Select(step => new BookedStep(step.Step, step.Participant, Words.Of(step.State)))])
    {
        Removed = saga.IsRemoved,
        Unread = saga.Unread,
    };

    public static BookedLine Line(BookedEffect effect) => new(
        effect.Service, effect.Saga.ToString(), effect.Step, effect.Undo, effect.Attempt, effect.Message, effect.Outcome is { } outcome ? Words.Of(outcome) : Unreadable, effect.At);

    public static SagaAccount Account(BookedSaga saga) => new(
        saga.Service, IdOf(saga.Saga), saga.Definition, Statuses.GetValueOrDefault(saga.Status, SagaStatus.Parked), saga.Version,
        // What a newer process says is not judged by an older one.
        [.. saga.Steps.Select(step => new StatedEffect(step.Step, step.Participant, States.GetValueOrDefault(step.State, EffectState.Either)))])
    {
        IsRemoved = saga.Removed,
        Unread = saga.Unread,
    };

    public static BookedEffect Effect(BookedLine line) => new(
        line.Service, IdOf(line.Saga), line.Step, line.Undo, line.Attempt, line.Message, Outcomes.TryGetValue(line.Outcome, out var outcome) ? outcome : null, line.At);

    public static IEnumerable<AskedStep> Asked(BookedService service) =>
        service.Asks.Select(ask => new AskedStep(service.Service, ask.Step, ask.Participant, ask.Message, TimeSpan.FromSeconds(service.RemovedKnownForSeconds)));

    /// <exception cref="ManagementException">It is none.</exception>
    public static SagaId? Cursor(string? cursor) =>
        cursor is null ? null : SagaId.TryParse(cursor, out var saga) ? saga : throw Refusals.BadRequest($"'{cursor}' is no cursor.", "Take the one that the page before gave.");

    public static void Check(int limit)
    {
        if (limit is < 1 or > ManagementLimits.LargestBooks)
        {
            throw Refusals.BadRequest($"'limit' takes 1 to {ManagementLimits.LargestBooks}, not {limit}.");
        }
    }

    public static Guid Place(string saga) => IdOf(saga).Value;

    private static SagaId IdOf(string text) => SagaId.TryParse(text, out var saga) ? saga : throw Refusals.BadRequest($"'{text}' is no id of a saga.");
}
