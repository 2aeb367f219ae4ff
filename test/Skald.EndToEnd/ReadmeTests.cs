namespace Skald.EndToEnd;

/// <summary>What the README shows is what is there.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public void The_READMEs_saga_is_the_one_that_runs()
    {
        var saga = Lines(Path.Combine(Root(), "samples/FoodOrders/OrderService/CreateOrderSaga.cs"));
        var readme = Lines(Path.Combine(Root(), "README.md"));

        var start = readme.FindIndex(line => line.StartsWith("protected override void Define", StringComparison.Ordinal));
        var shown = readme[start..readme.IndexOf("```", start)];

        Assert.Contains(string.Join('\n', shown), string.Join('\n', saga), StringComparison.Ordinal);
    }

    private static List<string> Lines(string file) => [.. File.ReadLines(file).Select(line => line.Trim())];

    internal static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Skald.slnx")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("The tests do not lie inside the repository.");
        }

        return folder.FullName;
    }
}
