using System.CommandLine;
using Skald.Cli.Commands;
using Skald.Cli.Output;
using Skald.Management;

namespace Skald.Cli.Sagas;

/// <summary>What is done to sagas: first it is shown what it would do, then somebody is asked, then it is done to those that have not moved on meanwhile.</summary>
internal static class SagaActs
{
    // Nobody reads more previews than this; the others are made when their saga's turn comes.
    private const int ShownPreviews = 20;

    public static IEnumerable<Command> All(Terminal terminal) => SagaVerb.All.Select(verb => Create(terminal, verb));

    private static Command Create(Terminal terminal, SagaVerb verb)
    {
        var (selection, asking) = (SagaSelection.Options(), Asking.Options());
        var command = new Command(verb.Name, verb.Description);
        selection.AddTo(command);
        foreach (var option in verb.Options)
        {
            command.Options.Add(option);
        }

        asking.AddTo(command);
        return command.Does(terminal, async (session, parsed, cancellationToken) =>
        {
            asking.DemandAnswer(session.Terminal, parsed, selection.ReadsInput(parsed));
            var act = verb.Read(parsed, session.Now) with { Reason = asking.Reason(parsed) };
            await session.SayAsync($"On {session.Server.Shown}:");
            var sagas = await selection.ChooseAsync(session, parsed, cancellationToken);
            if (sagas.Count is 0)
            {
                await session.SayAsync("No sagas match. Nothing was done.");
                return await session.EndAsync();
            }

            return asking.IsDryRun(parsed)
                ? await DryRunAsync(session, sagas, act, cancellationToken)
                : await ActAsync(session, verb, sagas, act, asking, parsed, cancellationToken);
        });
    }

    private static async Task<int> DryRunAsync(Session session, IReadOnlyList<Named> sagas, ActRequest act, CancellationToken cancellationToken)
    {
        var shape = new Shape<NamedForecast>(SagaJson.Default.NamedForecast, forecast => $"{forecast.Service}/{forecast.Id}", []);
        var codes = new List<int>();
        if (session.Printer.Format is OutputFormat.Table)
        {
            await foreach (var forecast in ForecastsAsync())
            {
                ForecastPage.Write(session.Terminal.Out, forecast, session.Now);
            }
        }
        else
        {
            await session.Printer.ManyAsync(shape, ForecastsAsync(), cancellationToken);
        }

        return await session.EndAsync(codes.Count is 0 ? ExitCode.Refused : ExitCode.OfMany(codes));

        async IAsyncEnumerable<NamedForecast> ForecastsAsync()
        {
            foreach (var saga in sagas)
            {
                var forecast = await session.Management.PreviewAsync(saga.Service, saga.Name, act, cancellationToken);
                if (saga.HasMovedOn(forecast.Version))
                {
                    await session.SayAsync(PlainText.Of(SagaActRun.LeftAlone(saga)));
                    continue;
                }

                codes.Add(forecast.Refused is null ? ExitCode.Done : ExitCode.Refused);
                yield return new NamedForecast(saga.Service, saga.Name, forecast);
            }
        }
    }

    private static async Task<int> ActAsync(
        Session session, SagaVerb verb, IReadOnlyList<Named> sagas, ActRequest act, Asking asking, ParseResult parsed, CancellationToken cancellationToken)
    {
        var previews = new Dictionary<Named, ActForecast>();
        foreach (var saga in sagas.Take(ShownPreviews))
        {
            var forecast = await session.Management.PreviewAsync(saga.Service, saga.Name, act, cancellationToken);
            if (sagas.Count is 1 && !saga.HasMovedOn(forecast.Version) && forecast.Refused is { } why)
            {
                throw new CliException(ExitCode.Refused, $"{saga}: {verb.Name} was not done.", why, $"See what can be done: skald sagas show {saga}");
            }

            previews.Add(saga, forecast);
            if (saga.HasMovedOn(forecast.Version))
            {
                // It is said of each when its turn comes.
                continue;
            }

            ForecastPage.Write(session.Terminal.Error, new NamedForecast(saga.Service, saga.Name, forecast), session.Now);
        }

        if (sagas.Count > ShownPreviews)
        {
            await session.SayAsync($"... and {Words.Number(sagas.Count - ShownPreviews)} more.");
        }

        return await asking.AgreesAsync(session.Terminal, parsed, $"{verb.Name} {(sagas.Count is 1 ? "this saga" : $"{Words.Number(sagas.Count)} sagas")}?", cancellationToken)
            ? await new SagaActRun(session, verb, act, previews).RunAsync(sagas, cancellationToken)
            : ExitCode.Failed;
    }
}
