using System.CommandLine;
using System.Text.Json;
using Skald.Management;

namespace Skald.Cli.Sagas;

/// <summary>Something that can be done to sagas.</summary>
/// <param name="Name">As it is typed, and as the API calls it.</param>
/// <param name="Description">What it does.</param>
/// <param name="Options">What it needs to know.</param>
/// <param name="Read">What is asked for.</param>
internal sealed record SagaVerb(string Name, string Description, IReadOnlyList<Option> Options, Func<ParseResult, DateTimeOffset, ActRequest> Read)
{
    public static IReadOnlyList<SagaVerb> All { get; } =
    [
        Plain("retry", "What is to be tried again later is tried now, and what is open is asked once more."),
        AtStep("skip", "Goes on without a step, or without its undo."),
        Plain("compensate", "Undoes what was done, in reverse, without waiting for what is open. Not past the point of no return."),
        Plain("cancel", "Asks to turn back, as the definition allows it."),
        Plain("pause", "Stands still until it is resumed. What comes meanwhile is kept."),
        Plain("resume", "A parked or paused saga goes on where it stood."),
        AtStep("go-on-from", "Undoes what was done from a step on, and does it again from there."),
        Edit(),
        Raise(),
        AtStep("fire-timer", "A step's time comes now."),
        MoveTimer(),
        Plain("hold", "Is not removed after its end."),
        Plain("release", "May be removed after its end, as others are."),
    ];

    private static SagaVerb Plain(string name, string description) => new(name, description, [], (_, _) => new ActRequest { Act = name });

    private static SagaVerb AtStep(string name, string description)
    {
        var step = Step();
        return new SagaVerb(name, description, [step], (parsed, _) => new ActRequest { Act = name, Step = parsed.GetRequiredValue(step) });
    }

    private static SagaVerb Edit()
    {
        var patch = JsonOption("--patch", "The members of the state to set, as JSON; null removes one (RFC 7396). @FILE reads it from a file.");
        return new SagaVerb("edit", "Changes the state, which is held against its type.", [patch], (parsed, _) => new ActRequest { Act = "edit", Patch = parsed.GetRequiredValue(patch) });
    }

    private static SagaVerb Raise()
    {
        var name = new Option<string>("--event") { Description = "The event's wire name.", HelpName = "EVENT", Required = true };
        var body = JsonOption("--body", "The event, as JSON. @FILE reads it from a file.");
        return new SagaVerb(
            "raise", "Gives the saga an event that it waits for.", [name, body],
            (parsed, _) => new ActRequest { Act = "raise", Event = parsed.GetRequiredValue(name), Body = parsed.GetRequiredValue(body) });
    }

    private static SagaVerb MoveTimer()
    {
        var (step, to) = (Step(), new Option<string>("--to") { Description = "When: 1h from now, 2026-11-30T09:00:00Z, or never.", HelpName = "TIME", Required = true });
        to.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && text is not "never" && !When.TryReadMoment(text, DateTimeOffset.UnixEpoch, out _))
            {
                result.AddError($"'{text}' is no time. Give it like 1h, 2026-11-30T09:00:00Z or never.");
            }
        });
        return new SagaVerb(
            "move-timer", "A step's time comes at another time.", [step, to],
            (parsed, now) => new ActRequest
            {
                Act = "move-timer",
                Step = parsed.GetRequiredValue(step),
                To = When.TryReadMoment(parsed.GetRequiredValue(to), now, out var moment) ? moment : null,
            });
    }

    private static Option<string> Step() => new("--step") { Description = "The step's name.", HelpName = "STEP", Required = true };

    private static Option<JsonElement> JsonOption(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "JSON",
        Required = true,
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            try
            {
                return JsonElement.Parse(text is ['@', .. var file] ? File.ReadAllText(file) : text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            }
            catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
            {
                result.AddError($"{name} is no JSON: {exception.Message}");
                return default;
            }
        },
    };
}
