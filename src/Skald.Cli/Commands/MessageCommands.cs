using System.CommandLine;
using Skald.Cli.Output;
using Skald.Management;

namespace Skald.Cli.Commands;

/// <summary><c>skald timers</c>, <c>dead-letters</c> and <c>delayed</c>.</summary>
internal static class MessageCommands
{
    // As many as sagas, unless more are allowed.
    private const int MostLetters = 1000;

    private static readonly Shape<DeadLetterDetail> s_letter = new(ManagementJson.Of<DeadLetterDetail>(), letter => IdOf(letter.Letter), []);
    private static readonly Shape<DeadLetterResult> s_result = new(ManagementJson.Of<DeadLetterResult>(), result => FormattableString.Invariant($"{result.Service}/{result.Number}"), []);

    public static IReadOnlyList<Command> All(Terminal terminal) =>
    [
        SessionCommands.Of("timers", "When sagas look at their steps again.", Listing.Of(
            terminal, "Lists them, soonest first.", "Nothing is due.", Timers, (session, _, part, cancellationToken) => session.Management.TimersAsync(part.AsQuery(), cancellationToken))),
        SessionCommands.Of("dead-letters", "Messages that cannot be handled.", ListLetters(terminal), ShowLetter(terminal), Replay(terminal)),
        SessionCommands.Of("delayed", "Messages that are tried again later.", Listing.Of(
            terminal, "Lists them, soonest first.", "No messages are tried again later.", Delayed,
            (session, _, part, cancellationToken) => session.Management.DelayedAsync(part.AsQuery(), cancellationToken))),
    ];

    private static Command ListLetters(Terminal terminal) => Listing.Of(
        terminal, "Lists them, of each service the oldest first.", "There are no dead letters.", Letters,
        (session, _, part, cancellationToken) => session.Management.DeadLettersAsync(part.AsQuery(), cancellationToken));

    private static Command ShowLetter(Terminal terminal)
    {
        var letter = LetterArgument();
        return new Command("show", "Shows one with its headers and its body.") { letter }.Does(terminal, async (session, parsed, cancellationToken) =>
        {
            var named = Named.Parse(parsed.GetRequiredValue(letter), "dead letter");
            var detail = await session.Management.FindDeadLetterAsync(named.Service, named.Number(), cancellationToken)
                ?? throw new CliException(ExitCode.NotFound, $"There is no dead letter '{named}'.", "Its service does not have it, or it was put back to work.", "skald dead-letters list");
            await session.Printer.OneAsync(s_letter, detail, page => Write(page, detail, session.Now));
            return await session.EndAsync();
        });
    }

    private static Command Replay(Terminal terminal)
    {
        var (letters, asking) = (new Argument<string[]>("letters") { Description = "As SERVICE/NUMBER; - reads them from standard input, one a line.", HelpName = "LETTER", Arity = ArgumentArity.OneOrMore }, Asking.Options());
        var command = new Command("replay", "Puts them back to work.") { letters };
        asking.AddTo(command);
        return command.Does(terminal, async (session, parsed, cancellationToken) =>
        {
            var readsInput = parsed.GetValue(letters) is ["-"];
            asking.DemandAnswer(session.Terminal, parsed, readsInput);
            await session.SayAsync($"On {session.Server.Shown}:");
            var lines = readsInput ? await session.Terminal.ReadLinesAsync(MostLetters, cancellationToken) : parsed.GetRequiredValue(letters);
            return await new ReplayRun(session, asking, parsed, s_result).RunAsync([.. lines.Select(line => Named.Parse(line, "dead letter"))], cancellationToken);
        });
    }

    private static Argument<string> LetterArgument() => new("letter") { Description = "The dead letter as SERVICE/NUMBER.", HelpName = "LETTER" };

    private static string IdOf(DeadLetterItem letter) => FormattableString.Invariant($"{letter.Service}/{letter.Number}");

    private static void Write(Page page, DeadLetterDetail detail, DateTimeOffset now)
    {
        var letter = detail.Letter;
        page.Fact("dead letter", IdOf(letter))
            .Fact("message", letter.Message?.Type ?? "cannot be read")
            .Fact("kind", letter.Message?.Kind)
            .Fact("from", letter.Message?.Source)
            .Fact("to", letter.Message?.Destination)
            .Fact("saga", letter.Message?.Saga)
            .Fact("step", letter.Message?.Step)
            .Fact("flow", letter.Message?.Flow)
            .Fact("why", letter.Reason)
            .Fact("tried", FormattableString.Invariant($"{letter.Attempts} times"))
            .Fact("since", Words.Moment(letter.At, now))
            .Fact("replay", letter.CanReplay ? $"skald dead-letters replay {IdOf(letter)}" : "cannot be put back to work")
            .Rows("Headers", [new("name", h => h.Key) { Rank = 0 }, new("value", h => h.Value) { Rank = 0 }], detail.Headers.ToList())
            .Json($"Body, {Words.Number(letter.SizeBytes)} bytes", detail.Body)
            .Fact("body", detail.BodyHidden);
    }

    private static Shape<TimerItem> Timers(DateTimeOffset now) => new(
        ManagementJson.Of<TimerItem>(), timer => $"{timer.Service}/{timer.Saga}",
        [
            new("due", t => When.Ago(t.Due, now)) { Rank = 0 },
            new("saga", t => t.Saga) { Rank = 0 },
            new("step", t => t.Step),
            new("for", t => t.Reason) { Rank = 2 },
            new("definition", t => t.Definition) { Rank = 3 },
            new("service", t => t.Service) { Rank = 4 },
        ]);

    private static Shape<DeadLetterItem> Letters(DateTimeOffset now) => new(
        ManagementJson.Of<DeadLetterItem>(), IdOf,
        [
            new("letter", IdOf) { Rank = 0 },
            new("message", l => l.Message?.Type ?? "cannot be read") { Rank = 2 },
            new("since", l => When.Ago(l.At, now)) { Rank = 3 },
            new("tried", l => Words.Number(l.Attempts)) { Rank = 4, IsNumber = true },
            new("replay", l => l.CanReplay ? "yes" : "no") { Rank = 5 },
            new("why", l => l.Reason) { Wraps = true },
        ]);

    private static Shape<DelayedItem> Delayed(DateTimeOffset now) => new(
        ManagementJson.Of<DelayedItem>(), message => $"{message.Service}/{message.Id}",
        [
            new("due", m => When.Ago(m.Due, now)) { Rank = 0 },
            new("message", m => m.Message?.Type ?? "cannot be read") { Rank = 0 },
            new("tried", m => Words.Number(m.Attempts)) { Rank = 2, IsNumber = true },
            new("waited", m => Words.Number(m.Waits)) { Rank = 3, IsNumber = true },
            new("service", m => m.Service) { Rank = 4 },
            new("why", m => m.Reason) { Wraps = true },
        ]);
}
