namespace Skald.Cli;

internal static class Program
{
    public static Task<int> Main(string[] args) => SkaldCommand.RunAsync(args, Terminal.OfThisProcess());
}
