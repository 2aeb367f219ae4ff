using System.CommandLine;

namespace Skald.ServiceHost;

/// <summary><c>subscriptions pull</c>: shows messages, and acknowledges them or gives them back.</summary>
internal sealed class PullCommand : Command
{
    private const int MostAtOnce = 1000;
    private const double LongestWait = 86_400;

    private readonly Argument<string> _name = new("NAME") { Description = "The subscription's name." };
    private readonly Option<bool> _autoAck = new("--auto-ack", "--auto_ack") { Description = "Acknowledge what was printed: it does not come again." };
    private readonly Option<int> _limit = new("--limit") { Description = "How many messages at most.", HelpName = "COUNT", DefaultValueFactory = _ => 1 };
    private readonly Option<double> _wait = new("--wait") { Description = "How long to wait for a message.", HelpName = "SECONDS", DefaultValueFactory = _ => 2 };

    private readonly Option<double> _lease = new("--lease")
    {
        Description = "Without --auto-ack: how long the messages are kept from others before they are given back.", HelpName = "SECONDS", DefaultValueFactory = _ => 10,
    };

    public PullCommand(Func<ParseResult, Func<SystemTopics, SkaldService, TimeProvider, CancellationToken, Task<int>>, Task<int>> run)
        : base("pull", "Shows the next messages of a subscription, one unless --limit says more.")
    {
        Arguments.Add(_name);
        Array.ForEach<Option>([_autoAck, _limit, _wait, _lease, VerbCommand.Json], Options.Add);
        SetAction((parsed, _) =>
        {
            var pull = Read(parsed);
            return run(parsed, async (topics, service, time, cancellationToken) =>
                await new Pull(service.Transport, time, pull).RunAsync(await topics.QueueAsync(pull.Subscription), cancellationToken));
        });
    }

    private PullOptions Read(ParseResult parsed)
    {
        var limit = parsed.GetValue(_limit);
        return limit is < 1 or > MostAtOnce
            ? throw new UsageException($"--limit takes 1 to {MostAtOnce}, not {limit}.")
            : new PullOptions(
                parsed.GetRequiredValue(_name), parsed.GetValue(_autoAck), limit, Seconds(parsed, _wait), Seconds(parsed, _lease), parsed.GetValue(VerbCommand.Json));
    }

    private static TimeSpan Seconds(ParseResult parsed, Option<double> option) => parsed.GetValue(option) is var seconds and >= 0 and <= LongestWait
        ? TimeSpan.FromSeconds(seconds)
        : throw new UsageException($"{option.Name} takes 0 to {LongestWait} seconds.");
}

/// <summary>What to pull and how.</summary>
internal sealed record PullOptions(string Subscription, bool AutoAck, int Limit, TimeSpan Wait, TimeSpan Lease, bool Json);
