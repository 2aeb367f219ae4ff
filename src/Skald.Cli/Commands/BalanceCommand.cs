using System.CommandLine;
using System.Runtime.CompilerServices;
using Skald.Cli.Output;
using Skald.Management;

namespace Skald.Cli.Commands;

/// <summary><c>skald balance</c>: whether each effect was applied once, undone once, or is open.</summary>
internal static class BalanceCommand
{
    // Back to the begin of the line, and away with what stood there.
    private const string LineAnew = "\r\u001b[K";

    private static readonly Shape<ImbalanceItem> s_imbalances = new(
        ManagementJson.Of<ImbalanceItem>(), item => item.Owner is { } owner ? $"{owner}/{item.Saga}" : item.Saga,
        [
            new("kind", i => i.Kind) { Rank = 0, Colour = _ => Spectre.Console.Color.Red },
            new("service", i => i.Service) { Rank = 0 },
            new("step", i => i.Step) { Rank = 0 },
            new("saga", i => i.Owner is { } owner ? $"{owner}/{i.Saga}" : i.Saga),
            new("says", i => i.Says) { Wraps = true },
        ]);

    private static readonly Shape<BalanceReport> s_report = new(ManagementJson.Of<BalanceReport>(), _ => "", []);

    public static Command Create(Terminal terminal)
    {
        var limit = new Option<int>("--piece") { Description = "How many sagas are looked at at once, 1 to 1,000.", HelpName = "N", DefaultValueFactory = _ => ManagementLimits.UsualBooks };
        limit.Validators.Add(result =>
        {
            if (result.Errors.Any() is false && result.GetValueOrDefault<int>() is < 1 or > ManagementLimits.LargestBooks)
            {
                result.AddError($"--piece is 1 to {ManagementLimits.LargestBooks}.");
            }
        });
        return new Command("balance", "Holds the ledgers of all services against what their sagas say, and names what does not balance.") { limit }
            .Does(terminal, (session, parsed, cancellationToken) => RunAsync(session, parsed.GetValue(limit), cancellationToken));
    }

    private static async Task<int> RunAsync(Session session, int limit, CancellationToken cancellationToken)
    {
        var sum = new BalanceReport(0, 0, 0, 0, 0, []);
        bool isWrong;
        // Whoever reads lines gets each when it is found, and needs no sum.
        if (session.Printer.Format is OutputFormat.Jsonl or OutputFormat.Ids)
        {
            isWrong = await session.Printer.ManyAsync(s_imbalances, WalkAsync(), cancellationToken) > 0;
        }
        else
        {
            var found = await WalkAsync().ToListAsync(cancellationToken);
            sum = sum with { Imbalances = found };
            isWrong = found.Count > 0;
            await session.Printer.OneAsync(s_report, sum, page => Write(page, sum));
        }

        return await session.EndAsync(isWrong ? ExitCode.Failed : ExitCode.Done);

        async IAsyncEnumerable<ImbalanceItem> WalkAsync()
        {
            await foreach (var piece in PiecesAsync(session, limit, cancellationToken))
            {
                // What does not balance goes on as it is found: it is not kept here as well.
                sum = sum.With(piece with { Imbalances = [] });
                foreach (var item in piece.Imbalances)
                {
                    yield return item;
                }
            }
        }
    }

    private static async IAsyncEnumerable<BalanceReport> PiecesAsync(Session session, int limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var shows = session.Terminal.ErrorIsTerminal && session.Printer.Format is OutputFormat.Table;
        var (cursor, sagas, wrong) = ((string?)null, 0L, 0);
        try
        {
            do
            {
                var piece = await session.Management.BalanceAsync(cursor, limit, cancellationToken);
                session.Lacks(piece.Missing);
                (sagas, wrong) = (sagas + piece.Sagas, wrong + piece.Imbalances.Count);
                await session.Terminal.Error.WriteAsync(shows ? $"{LineAnew}{Words.Number(sagas)} sagas{(piece.Reached is { } reached ? $", up to {Words.Moment(reached)}" : "")}; {wrong} do not balance" : "");
                yield return piece;
                cursor = piece.Next is null || piece.Next != cursor ? piece.Next : throw new CliException(ExitCode.Failed, "The books do not end.", $"{session.Server.Address} goes on where the piece began.", "Ask whoever runs it.");
            }
            while (cursor is not null);
        }
        finally
        {
            await session.Terminal.Error.WriteAsync(shows ? LineAnew : "");
        }
    }

    private static void Write(Page page, BalanceReport sum) => page
        .Fact("balance", sum.Imbalances.Count switch { 0 => sum.Missing.Count == 0 ? "yes" : "yes, as far as services answer", 1 => "no: 1 effect does not", var many => $"no: {Words.Number(many)} effects do not" })
        .Fact("sagas", Words.Number(sum.Sagas))
        .Fact("applied", Words.Number(sum.Applied))
        .Fact("undone", Words.Number(sum.Undone))
        .Fact("open", Words.Number(sum.Open))
        .Fact("not judged", sum.Unjudged is 0 ? null : Words.Number(sum.Unjudged))
        .Rows("Imbalances", s_imbalances.Columns, sum.Imbalances);
}
