namespace Skald.Cli.Profiles;

/// <summary>
/// Which server is meant, the first of these that is said: <c>--server</c>, <c>--profile</c>, <c>SKALD_SERVER</c>, <c>SKALD_PROFILE</c>, the current profile.
/// A token belongs to a server: that of a profile goes nowhere else, and those of the variables only where an address was given.
/// </summary>
internal static class ServerChoice
{
    public const string ServerVariable = "SKALD_SERVER";
    public const string ProfileVariable = "SKALD_PROFILE";
    public const string TokenVariable = "SKALD_TOKEN";
    public const string TokenFileVariable = "SKALD_TOKEN_FILE";

    public static Server Choose(Terminal terminal, string? server, string? profile)
    {
        if (server is not null && profile is not null)
        {
            throw new CliException(ExitCode.Usage, "Two servers are named.", "--server and --profile were both given.", "Give one of them.");
        }

        var url = server ?? (profile is null ? terminal.Variable(ServerVariable) : null);
        return url is null
            ? OfProfile(terminal, profile ?? terminal.Variable(ProfileVariable))
            : Allowed(new Server(null, UrlOf(url), TokenOf(terminal, terminal.Variable(TokenFileVariable), TokenVariable)));
    }

    /// <summary>An address, checked.</summary>
    public static Uri UrlOf(string text) =>
        Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url is { UserInfo: "", Query: "", Fragment: "" }
            ? url
            : throw new CliException(
                ExitCode.Usage, $"'{PlainTextOf(text)}' is no address of a server.", "It has to be http or https, without a name, a password or a query in it.", "Give it like https://shop.example/skald");

    private static Server OfProfile(Terminal terminal, string? name)
    {
        var profiles = new ProfileFile(terminal.ConfigFolder).Read();
        if ((name ?? profiles.Current) is not { } chosen)
        {
            throw new CliException(ExitCode.Usage, "No server is named.", "There is no current profile.", "skald profiles add local http://127.0.0.1:5080/skald, or --server URL");
        }

        return profiles.Servers.TryGetValue(chosen, out var profile)
            ? Allowed(new Server(chosen, UrlOf(profile.Url), TokenOf(terminal, profile.TokenFile, profile.TokenVariable)))
            : throw new CliException(
                ExitCode.Usage, $"There is no profile '{PlainTextOf(chosen)}'.", profiles.Servers.Count is 0 ? "There is none at all." : $"There are: {string.Join(", ", profiles.Servers.Keys.Order())}.",
                $"skald profiles add {PlainTextOf(chosen)} URL");
    }

    /// <summary>Whoever is on the way reads what is sent without TLS.</summary>
    private static Server Allowed(Server server) => server.Token is null || server.Url.Scheme is "https" || server.Url.IsLoopback
        ? server
        : throw new CliException(ExitCode.Usage, "The token is not sent.", $"{server.Address} is another machine, and is not asked over TLS.", "Use https, or a tunnel to that machine.");

    private static string? TokenOf(Terminal terminal, string? file, string? variable) =>
        file is null ? variable is null ? null : terminal.Variable(variable)?.Trim() : FromFile(file);

    private static string FromFile(string path)
    {
        if (!File.Exists(path))
        {
            throw new CliException(ExitCode.Usage, "There is no token.", $"The file '{path}' does not exist.", $"Write the token into it: (umask 077; cat > '{path}')");
        }

        PrivateFile.DemandOthersCannotRead(path);
        return File.ReadAllText(path).Trim();
    }

    private static string PlainTextOf(string text) => Output.PlainText.Of(text);
}
