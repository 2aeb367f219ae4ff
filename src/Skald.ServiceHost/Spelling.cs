namespace Skald.ServiceHost;

/// <summary>Accepts hyphens where names have underscores.</summary>
internal static class Spelling
{
    /// <summary>Writes option names and the verb with underscores; values stay as they were typed.</summary>
    public static string[] Normalize(string[] args, IReadOnlyList<Verb> verbs)
    {
        var result = (string[])args.Clone();
        var verbSeen = false;
        for (var i = 0; i < result.Length && result[i] != "--"; i++)
        {
            if (result[i].StartsWith("--", StringComparison.Ordinal))
            {
                result[i] = Option(result[i]);
            }
            else if (!verbSeen && result[i].Replace('-', '_') is var name && verbs.Any(v => v.Name == name))
            {
                result[i] = name;
                verbSeen = true;
            }
        }

        return result;
    }

    private static string Option(string arg)
    {
        var end = arg.IndexOf('=', StringComparison.Ordinal);
        var name = end < 0 ? arg : arg[..end];
        return "--" + name[2..].Replace('-', '_') + arg[name.Length..];
    }
}
