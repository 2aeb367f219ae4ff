using System.CommandLine;
using Skald.Cli.Commands;
using Skald.Management;

namespace Skald.Cli.Sagas;

/// <summary>One saga or many: named, chosen by a query, or read from standard input.</summary>
internal sealed record SagaSelection(Argument<string[]> Sagas, Option<string?> Where, Option<int> AtMost)
{
    // What is chosen is known before it is asked about, so it has a bound.
    private const int UsualMost = 1000;
    private const string FromInput = "-";

    public static SagaSelection Options() => new(
        new Argument<string[]>("sagas") { Description = "Sagas as SERVICE/ID, or ids or business keys alone; - reads them from standard input, one a line.", HelpName = "SAGA", Arity = ArgumentArity.ZeroOrMore },
        SagaCommands.WhereOption(),
        new Option<int>("--at-most") { Description = "With --where and -: refuse when there are more.", HelpName = "N", DefaultValueFactory = _ => UsualMost });

    public void AddTo(Command command)
    {
        command.Arguments.Add(Sagas);
        command.Options.Add(Where);
        command.Options.Add(AtMost);
        command.Validators.Add(result =>
        {
            var (named, where) = (result.GetValue(Sagas) is { Length: > 0 }, result.GetValue(Where) is not null);
            if (named == where)
            {
                result.AddError(named ? "Sagas are named, and chosen by --where as well. Do one of them." : "No saga is named. Name some, choose them by --where, or give - for those on standard input.");
            }
        });
    }

    /// <summary>Whether standard input is what they are read from, and so nobody can be asked.</summary>
    public bool ReadsInput(ParseResult parsed) => parsed.GetValue(Sagas) is [FromInput];

    public async Task<IReadOnlyList<Named>> ChooseAsync(Session session, ParseResult parsed, CancellationToken cancellationToken)
    {
        var most = parsed.GetValue(AtMost);
        if (parsed.GetValue(Where) is { } query)
        {
            var found = await session.AllAsync(
                    cursor => session.Management.SagasAsync(new SagaListQuery { Q = query, Cursor = cursor, Limit = ManagementLimits.LargestPage }, cancellationToken), cancellationToken)
                .Take(most + 1L > int.MaxValue ? int.MaxValue : most + 1).ToListAsync(cancellationToken);
            return Bounded(found.ConvertAll(saga => new Named(saga.Service, saga.Id) { Version = saga.Version > 0 ? saga.Version : null }), most);
        }

        var names = ReadsInput(parsed) ? await session.Terminal.ReadLinesAsync(most, cancellationToken) : parsed.GetRequiredValue(Sagas);
        var sagas = new List<Named>();
        foreach (var name in names)
        {
            sagas.Add(await SagaNames.FindAsync(session, name, cancellationToken));
        }

        return [.. sagas.Distinct()];
    }

    private static List<T> Bounded<T>(List<T> found, int most) => found.Count <= most
        ? found
        : throw new CliException(ExitCode.Usage, $"There are more than {most} sagas.", "Nothing was done to any of them.", "Narrow the query, or allow more: --at-most N");
}
