using System.CommandLine;
using Skald.Cli.Output;

namespace Skald.Cli.Profiles;

/// <summary><c>skald profiles</c>: servers under names.</summary>
internal static class ProfileCommands
{
    private static readonly Shape<ListedProfile> s_shape = new(
        ProfileJson.Default.ListedProfile, profile => profile.Name,
        [
            new("name", p => p.Name) { Rank = 0 },
            new("current", p => p.Current ? "yes" : "") { Rank = 0 },
            new("server", p => p.Url) { Rank = 0 },
            new("token", p => p.TokenFile is not null ? $"file {p.TokenFile}" : p.TokenVariable is not null ? $"variable {p.TokenVariable}" : "none"),
        ]);

    public static Command Create(Terminal terminal)
    {
        var file = new ProfileFile(terminal.ConfigFolder);
        var command = new Command("profiles", "Servers under names, kept in " + file.Path);
        foreach (var verb in (Command[])[List(terminal, file), Add(terminal, file), Use(terminal, file), Remove(terminal, file)])
        {
            command.Subcommands.Add(verb);
        }

        return command;
    }

    private static Command List(Terminal terminal, ProfileFile file)
    {
        var command = new Command("list", "Lists them.");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var profiles = file.Read();
            var listed = profiles.Servers.OrderBy(server => server.Key, StringComparer.Ordinal)
                .Select(server => new ListedProfile(server.Key, server.Key == profiles.Current, server.Value.Url, server.Value.TokenFile, server.Value.TokenVariable));
            var printer = new Printer(terminal, parsed.GetValue(GlobalOptions.Output), parsed.GetValue(GlobalOptions.NoColour));
            if (await printer.ManyAsync(s_shape, listed, cancellationToken) is 0)
            {
                await terminal.Error.WriteLineAsync("No profiles. Add one: skald profiles add local http://127.0.0.1:5080/skald");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Command Add(Terminal terminal, ProfileFile file)
    {
        var name = NameArgument();
        var url = new Argument<string>("url") { Description = "Where its pages are, such as https://shop.example/skald.", HelpName = "URL" };
        var tokenFile = new Option<string?>("--token-file") { Description = "The file that has its token, which only you may read.", HelpName = "FILE" };
        var tokenVariable = new Option<string?>("--token-variable") { Description = "The variable of the environment that has its token.", HelpName = "VARIABLE" };
        var command = new Command("add", "Adds one, or changes it.") { name, url, tokenFile, tokenVariable };
        command.SetAction(async (parsed, _) =>
        {
            var (file1, variable) = (parsed.GetValue(tokenFile), parsed.GetValue(tokenVariable));
            if (file1 is not null && variable is not null)
            {
                throw new CliException(ExitCode.Usage, "The token is in two places.", "--token-file and --token-variable were both given.", "Give one of them.");
            }

            var address = ServerChoice.UrlOf(Required(parsed, url));
            var profile = new Profile(address.AbsoluteUri.TrimEnd('/'), file1 is null ? null : Path.GetFullPath(file1), variable);
            var profiles = file.Read().With(Required(parsed, name), profile);
            file.Write(profiles);
            await terminal.Error.WriteLineAsync(
                $"Added {Required(parsed, name)}: {profile.Url}" + (profiles.Current == Required(parsed, name) ? ". It is the current one." : $". Make it the current one: skald profiles use {Required(parsed, name)}"));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Use(Terminal terminal, ProfileFile file)
    {
        var name = NameArgument(file);
        var command = new Command("use", "Makes one the current one.") { name };
        command.SetAction(async (parsed, _) =>
        {
            var profiles = Known(file, Required(parsed, name));
            file.Write(profiles with { Current = Required(parsed, name) });
            await terminal.Error.WriteLineAsync($"Commands are for {Required(parsed, name)} now: {profiles.Servers[Required(parsed, name)].Url}");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Remove(Terminal terminal, ProfileFile file)
    {
        var name = NameArgument(file);
        var command = new Command("remove", "Removes one. A file with its token stays.") { name };
        command.SetAction(async (parsed, _) =>
        {
            file.Write(Known(file, Required(parsed, name)).Without(Required(parsed, name)));
            await terminal.Error.WriteLineAsync($"Removed {Required(parsed, name)}.");
            return ExitCode.Done;
        });
        return command;
    }

    private static ProfileSet Known(ProfileFile file, string name) => file.Read() is var profiles && profiles.Servers.ContainsKey(name)
        ? profiles
        : throw new CliException(ExitCode.NotFound, $"There is no profile '{PlainText.Of(name)}'.", $"{file.Path} does not have it.", "skald profiles list");

    private static string Required(ParseResult parsed, Argument<string> argument) => parsed.GetRequiredValue(argument);

    private static Argument<string> NameArgument(ProfileFile? completedFrom = null)
    {
        var name = new Argument<string>("name") { Description = "Its name: letters, digits, dots, dashes.", HelpName = "NAME" };
        name.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && (text.Length > 64 || text.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))))
            {
                result.AddError($"'{PlainText.Of(text)}' is no name of a profile: letters, digits, dots, dashes, up to 64.");
            }
        });
        if (completedFrom is not null)
        {
            name.CompletionSources.Add(_ => completedFrom.Read().Servers.Keys);
        }

        return name;
    }
}
