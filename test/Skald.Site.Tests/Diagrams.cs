namespace Skald.Site.Tests;

public sealed class A_diagram
{
    [Fact]
    public void Of_states_is_a_table_of_its_arrows() =>
        Assert.Equal(
            [new Arrow("(begin)", "", "Running"), new Arrow("Running", "every step done", "Completed"), new Arrow("Completed", "", "(end)")],
            Diagram.Read("stateDiagram-v2\n    [*] --> Running\n    Running --> Completed: every step done\n    Completed --> [*]")!.Arrows);

    [Fact]
    public void May_have_several_arrows_and_nodes_in_a_line() =>
        Assert.Equal(
            [new Arrow("front", "asks", "a"), new Arrow("a", "", "b"), new Arrow("a, b", "error", "janitor")],
            Diagram.Read("flowchart LR\n    front([front]) -->|asks| a --> b\n    a & b -.->|error| janitor")!.Arrows);

    [Fact]
    public void Calls_its_nodes_by_their_names_wherever_these_are_given() =>
        Assert.Equal(
            [new Arrow("BOOKED of booking", "within 15 min", "PAID of billing")],
            Diagram.Read("flowchart TD\n    e0 -->|within 15 min| e1\n    e0([\"BOOKED<br/>booking\"])\n    e1{{\"PAID<br/>billing\"}}")!.Arrows);

    [Theory]
    [InlineData("sequenceDiagram\n    a->>b: c")]
    [InlineData("flowchart LR\n    a ==> b")]
    [InlineData("flowchart LR\n    a --> b\n    subgraph c")]
    [InlineData("flowchart LR")]
    public void That_is_not_understood_stays_code(string code) => Assert.Null(Diagram.Read(code));

    [Fact]
    public void Of_this_repository_is_understood()
    {
        var documents = Directory.EnumerateFiles(WrittenSite.Repository(), "*.md", SearchOption.AllDirectories).Where(file => !file.Contains("/bin/", StringComparison.Ordinal));
        var diagrams = documents.SelectMany(document => File.ReadAllText(document).Split("```mermaid\n").Skip(1)).Select(rest => rest.Split("\n```")[0]).ToList();
        Assert.NotEmpty(diagrams);
        Assert.All(diagrams, diagram => Assert.NotNull(Diagram.Read(diagram)));
    }
}
