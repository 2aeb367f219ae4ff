namespace Skald.ServiceHost;

/// <summary>What a process says when it has started.</summary>
internal static class Banner
{
    public static void Print(ProgramOptions? options, ProgramFacts facts, IEnumerable<string> addresses)
    {
        var (settings, modules, services) = facts;
        var lines = new List<string> { $"{options?.Name ?? string.Join(", ", modules.Select(m => m.FullName))} is running." };
        lines.AddRange(addresses.Select(address => $"  address  {address}"));
        lines.Add($"  data     {settings.Data}");
        lines.AddRange(modules.Select(module => $"  store    {module.FullName}: {services[module.FullName].Store.Description}"));
        lines.AddRange(modules.Select(settings.BrokerFile).Distinct().Select(file => $"  broker   {settings.Broker}: {file}"));
        lines.AddRange((options?.Try(facts) ?? []).Select(command => $"  try      {command}"));
        lines.Add("Stop it with Ctrl+C.");
        Console.Out.WriteLine(string.Join(Environment.NewLine, lines));
    }
}
