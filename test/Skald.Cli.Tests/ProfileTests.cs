namespace Skald.Cli.Tests;

public sealed class Profiles : IDisposable
{
    private readonly Cli _cli = new();

    [Fact]
    public async Task Are_kept_in_a_file_that_only_their_owner_may_read()
    {
        var added = await _cli.RunAsync("profiles", "add", "local", "http://127.0.0.1:5080/skald/");
        await _cli.RunAsync("profiles", "add", "shop", "https://shop.example/skald", "--token-variable", "SHOP_TOKEN");

        Assert.Equal(0, added.Code);
        Assert.Empty(added.Out);
        Assert.Equal("Added local: http://127.0.0.1:5080/skald. It is the current one.\n", added.Error);
        Assert.Equal(
            """
            NAME   CURRENT  SERVER                       TOKEN
            local  yes      http://127.0.0.1:5080/skald  none
            shop            https://shop.example/skald   variable SHOP_TOKEN

            """, (await _cli.RunAsync("profiles", "list")).Out);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_cli.Config, "profiles.json")));
        }
    }

    [Fact]
    public async Task Are_printed_for_programs()
    {
        await _cli.RunAsync("profiles", "add", "b", "https://b.example");
        await _cli.RunAsync("profiles", "add", "a", "https://a.example");

        Assert.Equal("a\nb\n", (await _cli.RunAsync("profiles", "list", "-o", "ids")).Out);
        Assert.Equal("{\"name\":\"a\",\"current\":false,\"url\":\"https://a.example\"}\n{\"name\":\"b\",\"current\":true,\"url\":\"https://b.example\"}\n", (await _cli.RunAsync("profiles", "list", "-o", "jsonl")).Out);
        Assert.Equal(
            """
            [
              {
                "name": "a",
                "current": false,
                "url": "https://a.example"
              },
              {
                "name": "b",
                "current": true,
                "url": "https://b.example"
              }
            ]

            """, (await _cli.RunAsync("-o", "json", "profiles", "list")).Out);
    }

    [Fact]
    public async Task Without_any_json_is_an_empty_array_and_the_hint_goes_to_standard_error()
    {
        var said = await _cli.RunAsync("profiles", "list", "-o", "json");

        Assert.Equal("[]\n", said.Out);
        Assert.Contains("skald profiles add", said.Error);
    }

    [Fact]
    public async Task Are_chosen_and_removed_by_name()
    {
        await _cli.RunAsync("profiles", "add", "a", "https://a.example");
        await _cli.RunAsync("profiles", "add", "b", "https://b.example");

        Assert.Equal("Commands are for b now: https://b.example\n", (await _cli.RunAsync("profiles", "use", "b")).Error);
        Assert.Equal(0, (await _cli.RunAsync("profiles", "remove", "b")).Code);
        Assert.Equal("a\n", (await _cli.RunAsync("profiles", "list", "-o", "ids")).Out);
        Assert.Equal(4, (await _cli.RunAsync("profiles", "use", "b")).Code);
    }

    [Theory]
    [InlineData("ftp://a.example")]
    [InlineData("a.example")]
    [InlineData("https://name:word@a.example")]
    [InlineData("https://a.example/skald?token=1")]
    public async Task With_an_address_that_is_none_are_refused(string url)
    {
        var said = await _cli.RunAsync("profiles", "add", "a", url);

        Assert.Equal(2, said.Code);
        Assert.StartsWith("error: ", said.Error);
        Assert.Equal("", (await _cli.RunAsync("profiles", "list", "-o", "ids")).Out);
    }

    [Fact]
    public async Task That_others_may_change_are_not_used()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes.");
        await _cli.RunAsync("profiles", "add", "a", "https://a.example");
        var file = Path.Combine(_cli.Config, "profiles.json");
        File.SetUnixFileMode(file, File.GetUnixFileMode(file) | UnixFileMode.GroupWrite);

        var said = await _cli.RunAsync("profiles", "list");

        Assert.Equal(2, said.Code);
        Assert.Contains($"fix:   chmod 600 '{file}'", said.Error);
    }

    [Fact]
    public async Task That_are_damaged_say_where_they_are()
    {
        await _cli.RunAsync("profiles", "add", "a", "https://a.example");
        var file = Path.Combine(_cli.Config, "profiles.json");
        await File.WriteAllTextAsync(file, "{");

        var said = await _cli.RunAsync("profiles", "list");

        Assert.Equal(2, said.Code);
        Assert.StartsWith($"error: {file} cannot be read.\nwhy:   ", said.Error);
    }

    public void Dispose() => _cli.Dispose();
}
