using System.CommandLine;
using Skald.Cli.Output;
using Skald.Management;

namespace Skald.Cli.Commands;

/// <summary>How much of a list is asked for.</summary>
/// <param name="Cursor">Where it goes on.</param>
/// <param name="Limit">The most on one page.</param>
/// <param name="Service">Only of this service.</param>
internal sealed record Part(string? Cursor, int Limit, string? Service)
{
    public ListQuery AsQuery() => new() { Cursor = Cursor, Limit = Limit, Service = Service };
}

/// <summary>Commands that print lists.</summary>
internal static class Listing
{
    /// <param name="terminal">Where.</param>
    /// <param name="description">What is listed.</param>
    /// <param name="nothing">Said when there is nothing.</param>
    /// <param name="shape">How it is printed, which may depend on the time.</param>
    /// <param name="ask">Asks for a part of it.</param>
    /// <param name="more">Options of this list alone.</param>
    public static Command Of<T>(
        Terminal terminal, string description, string nothing, Func<DateTimeOffset, Shape<T>> shape, Func<Session, ParseResult, Part, CancellationToken, Task<Page<T>>> ask, params Option[] more)
    {
        var service = new Option<string?>("--service") { Description = "Only of this service, by its full name.", HelpName = "SERVICE" };
        var limit = new Option<int>("--limit", "-n") { Description = "The most that are printed.", HelpName = "N", DefaultValueFactory = _ => ManagementLimits.UsualPage };
        limit.Validators.Add(result =>
        {
            if (result.Errors.Any() is false && result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--limit is at least 1; --all prints all.");
            }
        });
        var all = new Option<bool>("--all", "-a") { Description = "Print all, however many there are." };
        var command = new Command("list", description) { service, limit, all };
        foreach (var option in more)
        {
            command.Options.Add(option);
        }

        return command.Does(terminal, async (session, parsed, cancellationToken) =>
        {
            var most = parsed.GetValue(all) ? int.MaxValue : parsed.GetValue(limit);
            var (asked, hasMore) = (new Part(null, Math.Min(most, ManagementLimits.LargestPage), parsed.GetValue(service)), false);
            var items = session.AllAsync(cursor => ask(session, parsed, asked with { Cursor = cursor }, cancellationToken), cancellationToken);
            var count = await session.Printer.ManyAsync(shape(session.Now), UpToAsync(), cancellationToken);
            if (count is 0)
            {
                await session.SayAsync(nothing);
            }
            else if (hasMore)
            {
                await session.SayAsync($"These are the first {count}. More: --limit {Math.Min(most * 4L, int.MaxValue)}, or --all.");
            }

            return await session.EndAsync();

            async IAsyncEnumerable<T> UpToAsync()
            {
                var left = most;
                await foreach (var item in items)
                {
                    if (left-- is 0)
                    {
                        hasMore = true;
                        yield break;
                    }

                    yield return item;
                }
            }
        });
    }
}
