namespace Skald.ServiceHost;

/// <summary>What a process says when it has started.</summary>
internal static class Banner
{
    public static void Print(ProgramOptions? options, ProgramFacts facts, IReadOnlyList<string> addresses)
    {
        var (settings, modules, services) = facts;
        List<string> lines =
        [
            $"{options?.Name ?? string.Join(", ", modules.Select(m => m.FullName))} is running.",
            .. addresses.Select(address => Line("address", address)),
            Line("data", settings.Data),
            Line("store", services[modules[0].FullName].Operations.StoreDescription
                + (modules.Count > 1 ? $", and {settings.StoreScheme.StoreUnit} for each of the other {modules.Count - 1} services" : "")),
            .. modules.SelectMany(m => services[m.FullName].Projections).Select(p => Line("projects", $"{p.Name} to {p.Description}")),
            .. modules.Select(settings.ShowBroker).Distinct().Select(broker => Line("broker", broker)),
            .. (options?.Try(facts, addresses.FirstOrDefault(options.DefaultUrl)) ?? []).Select(command => Line("try", command)),
            "Stop it with Ctrl+C.",
        ];
        Console.Out.WriteLine(string.Join(Environment.NewLine, lines));
    }

    private static string Line(string name, string value) => $"  {name,-8} {value}";
}
