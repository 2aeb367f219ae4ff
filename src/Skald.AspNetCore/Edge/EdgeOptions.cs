using Microsoft.AspNetCore.Http;

namespace Skald;

/// <summary>What a process lets in from the network.</summary>
public sealed record EdgeOptions
{
    /// <summary>Requests from other machines are answered. Without it, only those that come straight from this one are.</summary>
    /// <value>False unless set: there is no authentication behind it, unless the application has its own.</value>
    public bool IsOpen { get; init; }

    /// <summary>The names under which clients reach the process, besides <c>localhost</c> and the loopback addresses. <c>*.shop.example</c> means every name below.</summary>
    /// <value>Empty unless set. A process that is open and names none answers under every name.</value>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>How long a request may take before it is answered with 504. Routes that stream say so themselves (<c>DisableRequestTimeout</c>).</summary>
    /// <value>100 milliseconds to 1 hour; 30 seconds unless set.</value>
    public TimeSpan RequestDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The largest body that is read, in bytes, unless a route says otherwise.</summary>
    /// <value>1 KiB to 1 GiB; 1 MiB unless set.</value>
    public int MaxBodyBytes { get; init; } = 1 << 20;

    /// <exception cref="ArgumentOutOfRangeException">One of them is.</exception>
    internal EdgeOptions Checked()
    {
        OptionRange.Between(RequestDeadline, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1), nameof(EdgeOptions));
        OptionRange.Between(MaxBodyBytes, 1 << 10, 1 << 30, nameof(EdgeOptions));
        return Hosts.FirstOrDefault(host => !IsName(host)) is { } other
            ? throw new ArgumentOutOfRangeException(nameof(Hosts), other, $"{nameof(EdgeOptions)}.{nameof(Hosts)} has '{other}', which can be nobody's name.")
            : this;
    }

    /// <summary>Whether it can be compared with the names that clients send: what cannot would make every request fail.</summary>
    private static bool IsName(string host)
    {
        try
        {
            return new HostString(host).ToUriComponent().Length > 0;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
