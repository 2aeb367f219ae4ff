using Skald.Cli.Output;
using Skald.Cli.Profiles;
using Spectre.Console;

namespace Skald.Cli.Tests;

public sealed class What_is_printed : IDisposable
{
    private sealed record Row(string Name, string Why, int Count);

    private static readonly Column<Row>[] s_columns =
    [
        new("name", r => r.Name) { Rank = 0, Colour = _ => Color.Red },
        new("count", r => r.Count.ToString(System.Globalization.CultureInfo.InvariantCulture)) { IsNumber = true },
        new("why", r => r.Why) { Wraps = true },
    ];

    private readonly Cli _cli = new() { HasTerminal = true, Width = 40 };
    private readonly StringWriter _output = new();

    [Fact]
    public void Fits_the_terminal() // A sentence is broken; no word is lost.
    {
        Tables.Write(_cli.Terminal(_output), colours: false, s_columns, [new("a", "It waits for the answer of the kitchen, since long.", 5), new("bb", "", 12)]);

        Assert.All(_output.ToString().Split('\n'), line => Assert.InRange(line.Length, 0, 40));
        Assert.Equal(
            """
            NAME  COUNT  WHY
            a         5  It waits for the answer of
                         the kitchen, since long.
            bb       12

            """, _output.ToString());
    }

    [Fact]
    public void Leaves_out_what_there_is_no_room_for()
    {
        Tables.Write(_cli.Terminal(_output), colours: false, s_columns, [new("a-name-of-twenty-chars", "It waits for the answer of the kitchen.", 5)]);

        Assert.Equal("NAME                    COUNT\na-name-of-twenty-chars      5\n", _output.ToString());
    }

    [Fact]
    public void Is_as_long_as_it_is_in_a_pipe()
    {
        var why = string.Join(' ', Enumerable.Repeat("word", 100));

        Tables.Write(_cli.Terminal(_output) with { OutIsTerminal = false }, colours: false, s_columns, [new("a", why, 5)]);

        Assert.Equal($"a         5  {why}", _output.ToString().Split('\n')[1]);
    }

    [Fact]
    public void Has_colours_only_where_somebody_sees_them()
    {
        Assert.True(_cli.Terminal().MayColour);
        Assert.False((_cli.Terminal() with { OutIsTerminal = false }).MayColour);
        _cli.Variables["NO_COLOR"] = "1";
        Assert.False(_cli.Terminal().MayColour);

        Tables.Write(_cli.Terminal(_output), colours: true, s_columns, [new("a", "", 5)]);
        Assert.Contains("\u001b[", _output.ToString());
    }

    [Fact]
    public async Task Has_no_colours_when_they_are_not_wanted()
    {
        await _cli.RunAsync("profiles", "add", "a", "https://a.example");

        Assert.Contains("\u001b[", (await _cli.RunAsync("profiles", "list")).Out);
        Assert.DoesNotContain("\u001b", (await _cli.RunAsync("profiles", "list", "--no-color")).Out);
        Assert.DoesNotContain("\u001b", (await _cli.RunAsync("profiles", "list", "-o", "jsonl")).Out);
    }

    [Theory]
    [InlineData("\u001b[2J", "\\u001b[2J")]
    [InlineData("a\r\nb\tc", "a\\r\\nb\\tc")]
    [InlineData("\u009b31m", "\\u009b31m")]
    [InlineData("\u202egnp.exe", "\\u202egnp.exe")]
    [InlineData("a\u200bb\u2028\u007f", "a\\u200bb\\u2028\\u007f")]
    [InlineData("[red]Größe 日本[/]", "[red]Größe 日本[/]")]
    public void Moves_no_cursor(string stored, string shown)
    {
        Assert.Equal(shown, PlainText.Of(stored));
        Tables.Write(_cli.Terminal(_output), colours: false, s_columns, [new(stored, "", 5)]);
        Assert.StartsWith(shown, _output.ToString().Split('\n')[1]);
    }

    [Theory]
    [InlineData("\u001b[2J")]
    [InlineData("\u009b31m\u202e\u200b")]
    [InlineData("Größe 日本 'x' <b>")]
    public void Is_the_same_value_in_json(string stored)
    {
        var json = JsonText.Indented(new ListedProfile(stored, true, "u", null, null), ProfileJson.Default.ListedProfile);

        Assert.DoesNotContain(json, c => (char.IsControl(c) && c is not '\n') || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.Format);
        Assert.Equal(stored, System.Text.Json.JsonSerializer.Deserialize(json, ProfileJson.Default.ListedProfile)!.Name);
        Assert.Equal(stored.All(c => c < 127 || char.IsLetter(c)) && stored[0] is 'G', json.Contains(stored, StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _cli.Dispose();
        _output.Dispose();
    }
}
