using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Skald.Dashboard.Words;
using Skald.Management;

namespace Skald.Dashboard.Routes;

/// <summary>What a form asks for, as it was typed.</summary>
internal sealed record Asked
{
    public required string Act { get; init; }

    public string? Step { get; init; }

    public string? Event { get; init; }

    public string? To { get; init; }

    public string? Patch { get; init; }

    public string? Body { get; init; }

    public string? Reason { get; init; }

    public long? Version { get; init; }

    public string? Key { get; init; }

    /// <summary>What the preview that was seen was made for.</summary>
    public string? Seen { get; init; }

    /// <summary>Whether it is to be done, and not only looked at.</summary>
    public bool IsMeant { get; init; }

    /// <summary>Why it cannot be read; null when it can.</summary>
    public ManagementProblem? Problem { get; init; }

    public static Asked Of(string act, IFormCollection form)
    {
        var asked = new Asked
        {
            Act = act,
            Step = Text("step"),
            Event = Text("event"),
            To = Text("to"),
            Patch = Text("patch"),
            Body = Text("body"),
            Reason = Text("reason"),
            Version = long.TryParse(form["version"], NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : null,
            Key = Text("key"),
            Seen = Text("seen"),
            IsMeant = form["do"] == "it",
        };
        return asked with { Problem = Wrong(asked) };

        string? Text(string name) => form[name].ToString() is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;
    }

    /// <summary>Without what the act is not about. Where there is one step or event, that one is meant.</summary>
    public Asked WithOnly(ActOffer offer) => this with
    {
        Step = offer.Steps.Contains(Step ?? "") ? Step : offer.Steps.Count == 1 ? offer.Steps[0] : null,
        Event = offer.Events.Contains(Event ?? "") ? Event : offer.Events.Count == 1 ? offer.Events[0] : null,
    };

    /// <summary>Whether enough is known to say what would happen.</summary>
    public bool IsWhole(ActOffer offer) =>
        offer.Allowed && (offer.Steps.Count == 0 || Step is not null) && (offer.Events.Count == 0 || Event is not null)
        && (Act is not "edit" || Patch is not null) && (Act is not "raise" || Body is not null) && (Act is not "move-timer" || IsMeant || Seen is not null || To is not null);

    public ActRequest Request() => new()
    {
        Act = Act,
        Step = Step,
        Event = Event,
        To = Time(To),
        Patch = Act is "edit" ? PrettyJson.Read(Patch) : null,
        Body = Act is "raise" ? PrettyJson.Read(Body) : null,
        Reason = Reason,
    };

    /// <summary>Changes when anything does that matters to what happens.</summary>
    public string Print() => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new[] { Act, Step, Event, To, Patch, Body })))[..16];

    private static ManagementProblem? Wrong(Asked asked) =>
        asked.Act is "edit" && asked.Patch is not null && PrettyJson.Read(asked.Patch)?.ValueKind is not JsonValueKind.Object ? Bad("The patch is no JSON object.")
        : asked.Act is "raise" && asked.Body is not null && PrettyJson.Read(asked.Body) is null ? Bad("The event is no JSON.")
        : asked.To is not null && Time(asked.To) is null ? Bad($"'{asked.To}' is no time. Use such as 2026-12-01 09:00.")
        : asked.Key?.Length > ManagementLimits.LongestKey ? Bad("The form's key is too long, so it was not made here.")
        : null;

    private static ManagementProblem Bad(string title) => new(400, ProblemCodes.BadRequest, title);

    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.ToUniversalTime() : null;
}
