using Skald.Cli.Profiles;

namespace Skald.Cli.Tests;

public sealed class The_server_of_a_command : IDisposable
{
    private readonly Cli _cli = new();

    [Fact]
    public void Is_the_first_that_is_said()
    {
        Write(new Profile("https://current.example"), "current");
        Write(new Profile("https://other.example"), "other");

        Assert.Equal("current, https://current.example", Choose().Shown);
        _cli.Variables["SKALD_PROFILE"] = "other";
        Assert.Equal("other, https://other.example", Choose().Shown);
        _cli.Variables["SKALD_SERVER"] = "https://variable.example";
        Assert.Equal("https://variable.example", Choose().Shown);
        Assert.Equal("current, https://current.example", Choose(profile: "current").Shown);
        Assert.Equal("https://said.example/skald", Choose(server: "https://said.example/skald/").Shown);
    }

    [Fact]
    public void Gets_only_the_token_that_is_its_own()
    {
        Write(new Profile("https://shop.example", TokenVariable: "SHOP_TOKEN"), "shop");
        (_cli.Variables["SHOP_TOKEN"], _cli.Variables["SKALD_TOKEN"]) = ("of-shop", "of-address");

        Assert.Equal("of-shop", Choose().Token);
        Assert.Equal("of-address", Choose(server: "https://elsewhere.example").Token);
        Write(new Profile("https://open.example"), "open");
        Assert.Null(Choose(profile: "open").Token);
    }

    [Fact]
    public void Gets_no_token_that_others_can_read()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes.");
        var file = _cli.File("token");
        File.WriteAllText(file, "secret\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Write(new Profile("https://shop.example", TokenFile: file), "shop");

        var refused = Assert.Throws<CliException>(() => Choose());
        Assert.Equal((2, $"chmod 600 '{file}'"), (refused.Code, refused.Fix));

        File.SetUnixFileMode(file, UnixFileMode.UserRead);
        Assert.Equal("secret", Choose().Token);
    }

    [Theory]
    [InlineData("http://127.0.0.1:5080", true)]
    [InlineData("http://[::1]:5080", true)]
    [InlineData("http://localhost:5080", true)]
    [InlineData("https://shop.example", true)]
    [InlineData("http://shop.example", false)]
    public void Gets_no_token_that_others_can_hear(string url, bool isSent)
    {
        _cli.Variables["SKALD_TOKEN"] = "secret";

        var exception = Record.Exception(() => Choose(server: url));

        Assert.Equal(isSent, exception is null);
        Assert.True(isSent || exception is CliException { Code: 2, Message: "The token is not sent." });
    }

    [Fact]
    public void Does_not_say_its_token() => Assert.DoesNotContain("secret", new Server("shop", new Uri("https://shop.example"), "secret").ToString());

    [Fact]
    public void That_nobody_names_is_a_mistake_with_its_fix()
    {
        var nobody = Assert.Throws<CliException>(() => Choose());
        Assert.Equal((2, "No server is named."), (nobody.Code, nobody.Message));
        Assert.Contains("skald profiles add", nobody.Fix);

        Assert.Equal("There is none at all.", Assert.Throws<CliException>(() => Choose(profile: "shop")).Why);
        Assert.Equal("Two servers are named.", Assert.Throws<CliException>(() => Choose(server: "https://a.example", profile: "shop")).Message);
    }

    public void Dispose() => _cli.Dispose();

    private Server Choose(string? server = null, string? profile = null) => ServerChoice.Choose(_cli.Terminal(), server, profile);

    private void Write(Profile profile, string name)
    {
        var file = new ProfileFile(_cli.Config);
        file.Write(file.Read().With(name, profile));
    }
}
