namespace Skald.Management;

/// <summary>What somebody may do. Each includes those before it, but for payloads.</summary>
public static class Rights
{
    /// <summary>May look.</summary>
    public const string View = "view";

    /// <summary>May do what can be taken back, or what goes on by itself anyway.</summary>
    public const string Operate = "operate";

    /// <summary>May do what cannot be taken back.</summary>
    public const string Administer = "administer";

    /// <summary>May see states, events and bodies of messages. Nobody else's right includes it.</summary>
    public const string Payloads = "payloads";

    /// <summary>The right that an act needs.</summary>
    /// <param name="act">The act, as <see cref="ActRequest.Act"/> or <see cref="SkaldManagementOptions.CanAct"/> names it.</param>
    public static string Of(string act) => act is "compensate" or "edit" or "go-on-from" or "skip" or "discard" or OtherActs.SkipEvent ? Administer : Operate;

    /// <summary>Who may move a job: whoever has it go on does what it does.</summary>
    internal static string OfMove(string move, JobItem? job) => move is "resume" && job?.Act?.Act is { } act ? Of(act) : Operate;
}

/// <summary>Who asks, and what they may do.</summary>
public sealed record ManagementCaller
{
    /// <summary>Whoever is at the machine itself, where no policy says who may do what.</summary>
    public static ManagementCaller Local { get; } = new() { CanView = true, CanOperate = true, CanAdminister = true, CanSeePayloads = true };

    /// <summary>The name, for timelines and the audit; null when nobody is known.</summary>
    public string? Name { get; init; }

    /// <summary>Whether they have <see cref="Rights.View"/>.</summary>
    public bool CanView { get; init; }

    /// <summary>Whether they have <see cref="Rights.Operate"/>.</summary>
    public bool CanOperate { get; init; }

    /// <summary>Whether they have <see cref="Rights.Administer"/>.</summary>
    public bool CanAdminister { get; init; }

    /// <summary>Whether they have <see cref="Rights.Payloads"/>.</summary>
    public bool CanSeePayloads { get; init; }

    /// <summary>Whether they have a right.</summary>
    /// <param name="right">One of <see cref="Rights"/>.</param>
    public bool Has(string right) => right switch
    {
        Rights.View => CanView,
        Rights.Operate => CanOperate,
        Rights.Administer => CanAdminister,
        Rights.Payloads => CanSeePayloads,
        _ => false,
    };
}

/// <summary>What somebody is shown of an answer: without the payloads that are not for them, and with the rights that they lack.</summary>
public static class ShownTo
{
    private const string NotForYou = $"You need the right '{Rights.Payloads}' to see it.";

    /// <summary>A saga as somebody is shown it.</summary>
    public static SagaDetail For(this SagaDetail saga, ManagementCaller caller)
    {
        ArgumentNullException.ThrowIfNull(saga);
        ArgumentNullException.ThrowIfNull(caller);
        var shown = saga with { Acts = [.. saga.Acts.Select(act => caller.Has(act.Right) ? act : act with { Allowed = false, WhyNot = $"You need the right '{act.Right}' for it." })] };
        return caller.CanSeePayloads ? shown : shown with { State = null, StateHidden = NotForYou };
    }

    /// <summary>A preview as somebody is shown it.</summary>
    public static ActForecast For(this ActForecast forecast, ManagementCaller caller)
    {
        ArgumentNullException.ThrowIfNull(forecast);
        ArgumentNullException.ThrowIfNull(caller);
        return caller.CanSeePayloads ? forecast : forecast with { State = null };
    }

    /// <summary>A dead letter as somebody is shown it.</summary>
    public static DeadLetterDetail For(this DeadLetterDetail letter, ManagementCaller caller)
    {
        ArgumentNullException.ThrowIfNull(letter);
        ArgumentNullException.ThrowIfNull(caller);
        return caller.CanSeePayloads ? letter : letter with { Body = null, BodyHidden = NotForYou };
    }

    /// <summary>A history as somebody is shown it.</summary>
    public static StreamHistory For(this StreamHistory history, ManagementCaller caller)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(caller);
        return caller.CanSeePayloads ? history : history with { Events = [.. history.Events.Select(e => e with { Body = null, BodyHidden = NotForYou })] };
    }

    /// <summary>An act as somebody is shown it.</summary>
    public static AuditItem For(this AuditItem act, ManagementCaller caller)
    {
        ArgumentNullException.ThrowIfNull(act);
        ArgumentNullException.ThrowIfNull(caller);
        return caller.CanSeePayloads ? act : act with { Before = null, After = null };
    }

    /// <summary>A job as somebody is shown it.</summary>
    public static JobItem For(this JobItem job, ManagementCaller caller)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(caller);
        return caller.CanSeePayloads || job.Act is null ? job : job with { Act = job.Act with { Patch = null, Body = null } };
    }
}
