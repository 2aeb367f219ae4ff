using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Skald.ServiceHost;

/// <summary><c>plan save</c> and <c>plan check</c>: what a change of the code means for sagas that are under way, before it is deployed.</summary>
internal static class PlanCommands
{
    private const int MostCounted = 10_000;

    private static readonly HostJson Saved = new(new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static Command Of(ServiceModule module, Func<ParseResult, SkaldSettings> settings, Option<bool> verbose)
    {
        var file = new Option<string?>("--file") { Description = $"The reviewed file; plans/{module.FullName}.json unless set.", HelpName = "FILE" };
        return new Command("plan", "Keeps the plans of the sagas in a reviewed file, and says what a change means for those under way.") { Save(), Check() };

        Command Save()
        {
            var command = new Command("save", "Writes the plans of all versions, and their messages.") { file };
            command.SetAction((parsed, _) => Run(parsed, async (service, path, _) => await SaveAsync(service, path)));
            return command;
        }

        Command Check()
        {
            var live = new Option<bool>("--live") { Description = "Count the sagas under way in the service's database." };
            var command = new Command("check", "Lists what has changed since: goes on, skips, or would be parked. Exit code 1 if anything would be.") { file, live, VerbCommand.Json };
            command.SetAction((parsed, _) => Run(parsed, (service, path, cancellationToken) =>
                CheckAsync(service, path, parsed.GetValue(live), parsed.GetValue(VerbCommand.Json), cancellationToken)));
            return command;
        }

        Task<int> Run(ParseResult parsed, Func<SkaldService, string, CancellationToken, Task<int>> action) =>
            VerbRunner.InServiceAsync(module, settings(parsed), parsed.GetValue(verbose), (service, _, cancellationToken) =>
                action(service, parsed.GetValue(file) ?? Path.Combine("plans", $"{module.FullName}.json"), cancellationToken));
    }

    private static async Task<int> SaveAsync(SkaldService service, string path)
    {
        var saved = SavedService.Of(service);
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
        {
            Directory.CreateDirectory(folder);
        }

        await File.WriteAllTextAsync(path, JsonSerializer.Serialize(saved, Saved.SavedService) + "\n");
        await Console.Out.WriteLineAsync($"{path}: {Number(saved.Plans.Count, "plan")}, {Number(saved.Messages.Count, "message")}");
        return 0;
    }

    private static async Task<int> CheckAsync(SkaldService service, string path, bool live, bool json, CancellationToken cancellationToken)
    {
        var saved = await ReadAsync(service, path, cancellationToken);
        var findings = PlanComparison.Compare(saved, SavedService.Of(service));
        var underWay = saved.Plans.ToDictionary(What, _ => 0L);
        var isCapped = live && await CountAsync(service, underWay, cancellationToken);
        var rows = findings.Select(f => new PlanRow(f.What, Word(f.Verdict), live && underWay.TryGetValue(f.What, out var count) ? count : null, isCapped, f.Text)).ToList();
        await Console.Out.WriteAsync(json ? Rendering.Own.Document(rows)
            : rows.Count == 0 ? $"Nothing has changed since {path} was written.\n"
            : Rendering.Own.Text(rows.Select(row => row.Line(rows.Max(r => r.What.Length)))));
        return findings.Any(f => f.Verdict == PlanVerdict.Parks) ? 1 : 0;
    }

    private static async Task<SavedService> ReadAsync(SkaldService service, string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            throw new RefusedException($"There is no file '{path}' to compare with. Write it with 'plan save' from the code that is deployed.");
        }

        try
        {
            var saved = JsonSerializer.Deserialize(await File.ReadAllTextAsync(path, cancellationToken), Saved.SavedService);
            return saved is { Plans: not null, Messages: not null } && saved.Service == service.Name
                ? saved
                : throw new RefusedException($"'{path}' holds the plans of '{saved?.Service}', not those of '{service.Name}'. Name another with --file.");
        }
        catch (JsonException exception)
        {
            throw new RefusedException($"'{path}' cannot be read: {exception.Message} Write it again with 'plan save' from the code that is deployed.");
        }
    }

    /// <summary>How many of each version have not ended.</summary>
    /// <returns>Whether there are more than were counted.</returns>
    private static async Task<bool> CountAsync(SkaldService service, Dictionary<string, long> counts, CancellationToken cancellationToken)
    {
        await service.OpenWithoutServingAsync(cancellationToken);
        var isCapped = false;
        foreach (var status in (SagaStatus[])[SagaStatus.Running, SagaStatus.Compensating, SagaStatus.Parked])
        {
            string? cursor = null;
            var seen = 0;
            do
            {
                var page = await service.Operations.SagasAsync(new SagaQuery { Status = status, Limit = 1000, Cursor = cursor }, cancellationToken);
                foreach (var saga in page.Sagas)
                {
                    var what = $"{saga.Definition} {saga.Version}";
                    counts[what] = counts.GetValueOrDefault(what) + 1;
                }

                seen += page.Sagas.Count;
                cursor = page.Next;
            }
            while (cursor is not null && seen < MostCounted);

            isCapped |= cursor is not null;
        }

        return isCapped;
    }

    private static string What(SavedPlan plan) => $"{plan.Saga} {plan.Version}";

    private static string Word(PlanVerdict verdict) => verdict switch
    {
        PlanVerdict.GoesOn => "goes on",
        PlanVerdict.Skips => "skips",
        _ => "would be parked",
    };

    private static string Number(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";
}

/// <summary>A change as <c>plan check</c> prints it.</summary>
/// <param name="What">The saga with its version, or the message.</param>
/// <param name="Verdict">What the change means for it.</param>
/// <param name="UnderWay">How many are under way; null when nobody has counted.</param>
/// <param name="AreMore">Whether there may be more of them.</param>
/// <param name="Change">What has changed.</param>
internal sealed record PlanRow(string What, string Verdict, long? UnderWay, bool AreMore, string Change)
{
    public string Line(int width) => $"{What.PadRight(width)}  {Verdict,-15}  {Change}{(UnderWay is { } count ? $" ({(AreMore ? "at least " : "")}{count} under way)" : "")}";
}
