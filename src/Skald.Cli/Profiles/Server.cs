namespace Skald.Cli.Profiles;

/// <summary>The server that a command is for.</summary>
/// <param name="Name">Its profile; null when only its address was given.</param>
/// <param name="Url">Where its pages are, without a slash at the end.</param>
/// <param name="Token">What is sent to be let in; null for nothing.</param>
internal sealed record Server(string? Name, Uri Url, string? Token)
{
    /// <summary>As people know it.</summary>
    public string Shown => Name is null ? Address : $"{Name}, {Address}";

    public string Address => Url.AbsoluteUri.TrimEnd('/');

    /// <summary>A token is said by nobody, not even by accident.</summary>
    public override string ToString() => Shown;
}
