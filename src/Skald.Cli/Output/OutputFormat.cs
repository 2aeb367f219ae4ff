namespace Skald.Cli.Output;

/// <summary>How data is printed.</summary>
internal enum OutputFormat
{
    /// <summary>For people, as wide as their terminal. Programs take one of the others.</summary>
    Table,

    /// <summary>One value: an object, or an array of all that was asked for.</summary>
    Json,

    /// <summary>A value per line, as they come.</summary>
    Jsonl,

    /// <summary>An id per line, which other commands take on standard input.</summary>
    Ids,
}
