using Skald.Cli.Commands;
using Skald.Cli.Output;
using Skald.Management;

namespace Skald.Cli.Sagas;

/// <summary>Does an act to sagas, one after the other, and says of each what came of it.</summary>
internal sealed class SagaActRun(Session session, SagaVerb verb, ActRequest act, IReadOnlyDictionary<Named, ActForecast> previews)
{
    private static readonly Shape<ActResult> s_shape = new(ManagementJson.Of<ActResult>(), result => $"{result.Service}/{result.Id}", []);

    private readonly List<int> _codes = [];
    private int _movedOn;

    /// <summary>What is said of a saga that is not any more what the query found.</summary>
    public static string LeftAlone(Named saga) => $"{saga} has moved on since it was found, and is left alone.";

    public async Task<int> RunAsync(IReadOnlyList<Named> sagas, CancellationToken cancellationToken)
    {
        try
        {
            await PrintAsync(ResultsAsync(sagas, cancellationToken), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await session.SayAsync($"Interrupted after {Words.Number(_codes.Count + _movedOn)} of {Words.Number(sagas.Count)}; what was sent last may be done all the same.");
            return ExitCode.Interrupted;
        }

        if (sagas.Count > 1)
        {
            var done = _codes.Count(code => code is ExitCode.Done);
            await session.SayAsync($"{Words.Number(done)} of {Words.Number(sagas.Count)} done.");
        }

        // Some of many usually have: only when all have, nothing came of the command.
        return await session.EndAsync(_codes.Count is 0 && _movedOn > 0 ? ExitCode.Refused : ExitCode.OfMany(_codes));
    }

    private async IAsyncEnumerable<ActResult> ResultsAsync(IReadOnlyList<Named> sagas, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var saga in sagas)
        {
            if (await TryAsync(saga, isOnly: sagas.Count is 1, cancellationToken) is { } result)
            {
                yield return result;
            }
        }
    }

    /// <summary>Null when it was not done, which is said.</summary>
    private async Task<ActResult?> TryAsync(Named saga, bool isOnly, CancellationToken cancellationToken)
    {
        CliException failure;
        try
        {
            var forecast = previews.TryGetValue(saga, out var shown) ? shown : await session.Management.PreviewAsync(saga.Service, saga.Name, act, cancellationToken);
            if (saga.HasMovedOn(forecast.Version))
            {
                await LeaveAsync(saga);
                return null;
            }

            if (forecast.Refused is null)
            {
                // It is done to what was looked at, or not at all.
                var terms = new ActTerms { Version = saga.Version ?? forecast.Version, Key = session.Terminal.NewKey() };
                var result = await session.Management.ActAsync(saga.Service, saga.Name, act, terms, cancellationToken);
                _codes.Add(ExitCode.Done);
                return result;
            }

            failure = new CliException(ExitCode.Refused, $"{saga} was left as it is.", forecast.Refused, $"See what can be done: skald sagas show {saga}");
        }
        catch (ManagementException exception) when (exception.Problem.Code is ProblemCodes.MovedOn && saga.Version is not null)
        {
            await LeaveAsync(saga);
            return null;
        }
        catch (ManagementException exception)
        {
            failure = Failures.Of(exception.Problem, $"{saga}: {verb.Name} was not done.");
        }

        _codes.Add(failure.Code);
        await (isOnly ? Failures.SayAsync(session.Terminal.Error, failure) : session.SayAsync($"{PlainText.Of(failure.Message)} {PlainText.Of(failure.Why)}"));
        return null;
    }

    private Task LeaveAsync(Named saga)
    {
        _movedOn++;
        return session.SayAsync(PlainText.Of(LeftAlone(saga)));
    }

    private async Task PrintAsync(IAsyncEnumerable<ActResult> results, CancellationToken cancellationToken)
    {
        if (session.Printer.Format is not OutputFormat.Table)
        {
            await session.Printer.ManyAsync(s_shape, results, cancellationToken);
            return;
        }

        // Of many, each is said when it is done.
        await foreach (var result in results.WithCancellation(cancellationToken))
        {
            await session.Terminal.Out.WriteLineAsync(PlainText.Of($"{result.Service}/{result.Id}  {result.Status}  {result.Says}{(result.Repeated ? " (It had been done before.)" : "")}"));
        }
    }
}
