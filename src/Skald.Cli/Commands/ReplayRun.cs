using System.CommandLine;
using System.Runtime.CompilerServices;
using Skald.Cli.Output;
using Skald.Management;

namespace Skald.Cli.Commands;

/// <summary>Puts dead letters back to work, and says of each what came of it.</summary>
internal sealed class ReplayRun(Session session, Asking asking, ParseResult parsed, Shape<DeadLetterResult> shape)
{
    private readonly List<int> _codes = [];

    public async Task<int> RunAsync(IReadOnlyList<Named> letters, CancellationToken cancellationToken)
    {
        foreach (var letter in letters)
        {
            await SayAsync(letter, cancellationToken);
        }

        if (asking.IsDryRun(parsed))
        {
            return await session.EndAsync(ExitCode.OfMany(_codes));
        }

        _codes.Clear();
        if (!await asking.AgreesAsync(session.Terminal, parsed, letters is [_] ? "replay this dead letter?" : $"replay {Words.Number(letters.Count)} dead letters?", cancellationToken))
        {
            return ExitCode.Failed;
        }

        if (session.Printer.Format is OutputFormat.Table)
        {
            await foreach (var result in ResultsAsync(letters, cancellationToken))
            {
                await session.Terminal.Out.WriteLineAsync(PlainText.Of($"{shape.Id(result)}  {result.Outcome}  {result.Says}"));
            }
        }
        else
        {
            await session.Printer.ManyAsync(shape, ResultsAsync(letters, cancellationToken), cancellationToken);
        }

        return await session.EndAsync(ExitCode.OfMany(_codes));
    }

    /// <summary>What a letter is, and whether it can be put back.</summary>
    private async Task SayAsync(Named named, CancellationToken cancellationToken)
    {
        var letter = (await session.Management.FindDeadLetterAsync(named.Service, named.Number(), cancellationToken))?.Letter;
        _codes.Add(letter switch { null => ExitCode.NotFound, { CanReplay: false } => ExitCode.Refused, _ => ExitCode.Done });
        await session.SayAsync(PlainText.Of(letter is null
            ? $"{named}: there is no such dead letter"
            : $"{named}: {letter.Message?.Type ?? "a message that cannot be read"}{(letter.CanReplay ? "" : ", cannot be put back to work")}: {letter.Reason}"));
    }

    private async IAsyncEnumerable<DeadLetterResult> ResultsAsync(IReadOnlyList<Named> letters, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var letter in letters)
        {
            DeadLetterResult? result = null;
            try
            {
                result = await session.Management.ReplayAsync(
                    letter.Service, letter.Number(), new DeadLetterRequest { Reason = asking.Reason(parsed) }, new ActTerms { Key = session.Terminal.NewKey() }, cancellationToken);
                _codes.Add(ExitCode.Done);
            }
            catch (ManagementException exception)
            {
                var failure = Failures.Of(exception.Problem, $"{letter} was not put back.");
                _codes.Add(failure.Code);
                await Failures.SayAsync(session.Terminal.Error, failure);
            }

            if (result is not null)
            {
                yield return result;
            }
        }
    }
}
