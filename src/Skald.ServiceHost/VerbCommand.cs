using System.CommandLine;

namespace Skald.ServiceHost;

/// <summary>A verb on the command line: each parameter is an option, and may be given by position instead.</summary>
internal sealed class VerbCommand : Command
{
    /// <summary>Prints one JSON document instead of text for people.</summary>
    public static readonly Option<bool> Json = new("--json") { Description = "Print one JSON document." };

    private static readonly Option<double> Wait = new("--wait")
    {
        Description = "How long to wait.", HelpName = "SECONDS", DefaultValueFactory = _ => 30,
    };

    private readonly List<(VerbParameter Parameter, Option<string?> Option)> _parameters;
    private readonly Argument<string[]> _byPosition = new("VALUE") { Arity = ArgumentArity.ZeroOrMore };

    public VerbCommand(Verb verb, Func<ParseResult, IReadOnlyDictionary<string, object?>, TimeSpan, Task<int>> run)
        : base(verb.Name, verb.Description)
    {
        _parameters = [.. verb.Parameters.Select(p => (p, OptionOf(p)))];
        _parameters.ForEach(p => Options.Add(p.Option));
        Options.Add(Json);
        if (verb.Waits)
        {
            Options.Add(Wait);
        }

        _byPosition.Description = $"By position: {string.Join(", ", verb.Parameters.Select(p => p.Name))}.";
        _byPosition.Hidden = verb.Parameters.Count == 0;
        Arguments.Add(_byPosition);
        SetAction((parsed, _) => run(parsed, Values(parsed), verb.Waits ? WaitOf(parsed) : TimeSpan.Zero));
    }

    private static Option<string?> OptionOf(VerbParameter parameter) => new("--" + parameter.Name)
    {
        Description = parameter.Description + (parameter switch
        {
            { IsRequired: true } => " Required.",
            { Default: { } value } => FormattableString.Invariant($" {value} unless given."),
            _ => "",
        }),
        HelpName = parameter.Name.ToUpperInvariant(),
        Arity = parameter.Type == typeof(bool) ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
    };

    private static TimeSpan WaitOf(ParseResult parsed) => parsed.GetValue(Wait) is var seconds and >= 0 and <= 86_400
        ? TimeSpan.FromSeconds(seconds)
        : throw new UsageException("--wait takes 0 to 86400 seconds.");

    /// <summary>Named values first; those given by position fill the parameters that are left, in order.</summary>
    private Dictionary<string, object?> Values(ParseResult parsed)
    {
        var byPosition = new Queue<string>(parsed.GetValue(_byPosition) ?? []);
        var values = new Dictionary<string, object?>();
        foreach (var (parameter, option) in _parameters)
        {
            values[parameter.Name] = Given(parsed, parameter, option, byPosition) is { } text ? Read(parameter, text)
                : parameter.IsRequired ? throw new UsageException($"Missing --{parameter.Name}.")
                : parameter.Default;
        }

        return byPosition.TryDequeue(out var extra) ? throw new UsageException($"'{extra}' is one value too many.") : values;
    }

    private static string? Given(ParseResult parsed, VerbParameter parameter, Option<string?> option, Queue<string> byPosition)
    {
        if (parsed.GetResult(option) is { Implicit: false } given)
        {
            return given.Tokens is [] && parameter.Type == typeof(bool) ? bool.TrueString : parsed.GetValue(option);
        }

        // The parser takes an option it does not know for a value.
        return !byPosition.TryDequeue(out var text) ? null
            : text.StartsWith("--", StringComparison.Ordinal) ? throw new UsageException($"There is no option '{text}'.")
            : text;
    }

    private static object Read(VerbParameter parameter, string text) => parameter.Read(text)
        ?? throw new UsageException($"--{parameter.Name} takes {Kind(parameter.Type)}, not '{text}'.");

    private static string Kind(Type type) => type switch
    {
        _ when type == typeof(int) || type == typeof(long) => "a whole number",
        _ when type == typeof(decimal) || type == typeof(double) => "a number",
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(Guid) => "a uuid",
        _ => "a value",
    };
}
