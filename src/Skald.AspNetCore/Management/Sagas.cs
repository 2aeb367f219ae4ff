using System.Text.Json;

namespace Skald.Management;

/// <summary>A saga in a list.</summary>
public sealed record SagaItem
{
    /// <summary>Whose it is, by the full name.</summary>
    public required string Service { get; init; }

    /// <summary>The saga.</summary>
    public required string Id { get; init; }

    /// <summary>The definition's name.</summary>
    public required string Definition { get; init; }

    /// <summary>The version of the definition that it runs.</summary>
    public required int PlanVersion { get; init; }

    /// <summary>How often it was written: an act names it. 0 when it is not known.</summary>
    public required long Version { get; init; }

    /// <summary><c>running</c>, <c>compensating</c>, <c>parked</c>, <c>completed</c> or <c>compensated</c>.</summary>
    public required string Status { get; init; }

    /// <summary>What people know it by, such as an order's number; null when its definition names no key.</summary>
    public string? Key { get; init; }

    /// <summary>One line about it that its definition writes: text, not markup. Null when it writes none.</summary>
    public string? Summary { get; init; }

    /// <summary>The step that it is at; the last one it took when it has ended.</summary>
    public string? Step { get; init; }

    /// <summary>Its steps in order; empty when this process does not know its version.</summary>
    public IReadOnlyList<StepMark> Steps { get; init; } = [];

    /// <summary>How many steps need nothing more: done or skipped while it goes forward, undone when it turned back.</summary>
    public int Done { get; init; }

    /// <summary>How many steps there are to be done, or to be undone.</summary>
    public int Total { get; init; }

    /// <summary>Why it stands where it stands, in one sentence: whom it waits for, until when, at which attempt; or how it ended.</summary>
    public required string Why { get; init; }

    /// <summary>The step that made it turn back; null when it did not.</summary>
    public string? FailedStep { get; init; }

    /// <summary>Why it turned back; null when it did not.</summary>
    public FailureInfo? Failure { get; init; }

    /// <summary>Why it waits for a person; null when it does not.</summary>
    public string? ParkReason { get; init; }

    /// <summary>Why its row cannot be read here; null when it can.</summary>
    public string? Damage { get; init; }

    /// <summary>When it was started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When it ended; null while it has not.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When it looks at one of its steps again; null when only a message or a person moves it.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>Who keeps it from being removed after its end, and why; null for nobody.</summary>
    public string? Hold { get; init; }
}

/// <summary>Where one step stands.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">
/// One of <see cref="StepWords.All"/>: <c>remaining</c>, <c>sent</c>, <c>waiting</c>, <c>retrying</c>, <c>done</c>, <c>skipped</c>, <c>refused</c>, <c>in-doubt</c>,
/// <c>undoing</c>, <c>undo-retrying</c>, <c>undone</c>, <c>nothing-to-undo</c> or <c>undo-failed</c>.
/// </param>
public sealed record StepMark(string Name, string State);

/// <summary>Why something failed.</summary>
/// <param name="Type">The refusal's or fault's type.</param>
/// <param name="Message">One sentence for people.</param>
public sealed record FailureInfo(string Type, string Message);

/// <summary>How many sagas there are.</summary>
/// <param name="All">How many match.</param>
/// <param name="ByStatus">How many of them stand in each status; one without any is left out.</param>
public sealed record SagaCounts(CappedCount All, IReadOnlyDictionary<string, CappedCount> ByStatus)
{
    /// <summary>The services that did not answer.</summary>
    public IReadOnlyList<MissingService> Missing { get; init; } = [];
}

/// <summary>Sagas that went wrong in one way.</summary>
/// <param name="Service">Whose they are.</param>
/// <param name="Definition">Their definition.</param>
/// <param name="Status">Where they stand.</param>
/// <param name="Step">The step that failed; null when it is none in particular.</param>
/// <param name="Kind">The type of what went wrong; null when there is none.</param>
/// <param name="Count">How many.</param>
/// <param name="Oldest">When the first of them was started.</param>
/// <param name="Newest">The one that was started last.</param>
/// <param name="Q">The query that lists them.</param>
public sealed record SagaGroup(
    string Service, string Definition, string Status, string? Step, string? Kind, CappedCount Count, DateTimeOffset Oldest, string Newest, string Q)
{
    /// <summary>Whether <see cref="Q"/> finds the group and nothing else: no query asks for those that have no failed step, or no kind of error.</summary>
    public bool IsExact => Step is not null && Kind is not null;
}

/// <summary>All there is to know about one saga.</summary>
public sealed record SagaDetail
{
    /// <summary>What a list shows of it.</summary>
    public required SagaItem Saga { get; init; }

    /// <summary>Where it stands and what comes next, such as <c>3 of 7 done, next: create ticket, within 30 s</c>.</summary>
    public required string Headline { get; init; }

    /// <summary>The whole plan, in order; empty when this process does not know its version.</summary>
    public IReadOnlyList<PlanStep> Plan { get; init; } = [];

    /// <summary>Its state; null when that is no JSON, or when it is not for the one who asks.</summary>
    public JsonElement? State { get; init; }

    /// <summary>Why the state is not shown; null when it is.</summary>
    public string? StateHidden { get; init; }

    /// <summary>When it looks at which step again, soonest first.</summary>
    public IReadOnlyList<TimerItem> Timers { get; init; } = [];

    /// <summary>What can be done to it, also what cannot at the moment.</summary>
    public IReadOnlyList<ActOffer> Acts { get; init; } = [];

    /// <summary>Addresses elsewhere, made of the application's templates.</summary>
    public IReadOnlyList<LinkItem> Links { get; init; } = [];

    /// <summary>The W3C trace context in which it was started; null when there was none.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>A step of a saga: what its definition says of it, and where it stands.</summary>
public sealed record PlanStep
{
    /// <summary>The step as its definition has it.</summary>
    public required DefinitionStep Step { get; init; }

    /// <summary>Where it stands: see <see cref="StepMark"/>.</summary>
    public required string State { get; init; }

    /// <summary>The same in a few words for people, such as <c>restaurant was asked, attempt 2 of 3</c>.</summary>
    public required string Says { get; init; }

    /// <summary>The attempt; 0 before the first.</summary>
    public int Attempt { get; init; }

    /// <summary>How many attempts there are, while one of several is made; null where that does not matter.</summary>
    public int? Attempts { get; init; }

    /// <summary>Since when it stands there; null when that is not known.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>When the saga looks at it again; null when only a message can move it.</summary>
    public DateTimeOffset? Due { get; init; }
}

/// <summary>An address elsewhere.</summary>
/// <param name="Text">What it leads to, such as <c>trace</c>.</param>
/// <param name="Address">The address.</param>
public sealed record LinkItem(string Text, string Address);

/// <summary>Something that can be done to a saga.</summary>
public sealed record ActOffer
{
    /// <summary>What it is called: see <see cref="ActRequest.Act"/>.</summary>
    public required string Act { get; init; }

    /// <summary>What it does, in a sentence.</summary>
    public required string Says { get; init; }

    /// <summary>The right that it needs: one of <see cref="Rights"/>.</summary>
    public required string Right { get; init; }

    /// <summary>Whether it can be done now, by the one who asks.</summary>
    public required bool Allowed { get; init; }

    /// <summary>Why not, in a sentence; null when it can.</summary>
    public string? WhyNot { get; init; }

    /// <summary>The steps that it can be done to; empty for an act that is about the saga as a whole, and when there is none.</summary>
    public IReadOnlyList<string> Steps { get; init; } = [];

    /// <summary>The events that can be raised.</summary>
    public IReadOnlyList<string> Events { get; init; } = [];
}
