using Microsoft.AspNetCore.Http;

namespace Skald.Management;

/// <summary>Who is let into the management, and what it shows.</summary>
public sealed record SkaldManagementOptions
{
    /// <summary>The authorization policy of those who may look. Without one, only requests that come straight from this machine are answered, and those may do everything.</summary>
    public string? ViewPolicy { get; init; }

    /// <summary>The policy of those who may also act on sagas. Null for nobody, where there is a <see cref="ViewPolicy"/>.</summary>
    public string? OperatePolicy { get; init; }

    /// <summary>The policy of those who may also do what cannot be taken back; they may operate, too. Null for nobody, where there is a <see cref="ViewPolicy"/>.</summary>
    public string? AdminPolicy { get; init; }

    /// <summary>The policy of those who may see states, events and bodies of messages. Null for nobody, where there is a <see cref="ViewPolicy"/>.</summary>
    public string? PayloadPolicy { get; init; }

    /// <summary>
    /// Asked before each act of somebody who has the right to it, with the act's name: false refuses it. An act on a saga is named as <see cref="ActRequest.Act"/> has it,
    /// and a job that does it has the same name; <c>stop-job</c>, <c>suspend-job</c> and <c>resume-job</c> are done to jobs, <c>replay</c> to a dead letter, and
    /// <c>retry-projection</c>, <c>skip-event</c> and <c>rebuild-projection</c> to a projection.
    /// </summary>
    public Func<HttpContext, string, ValueTask<bool>>? CanAct { get; init; }

    /// <summary>That it is meant for this machine alone: in production it does not start without that or a <see cref="ViewPolicy"/>.</summary>
    public bool LocalOnly { get; init; }

    /// <summary>The names under which it is asked, besides <c>localhost</c>, the loopback addresses and those of <see cref="EdgeOptions.Hosts"/>. Where there is a policy, an empty list means every name.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Managements of other processes that are shown together with this one's.</summary>
    public IReadOnlyList<ManagementPart> Others { get; init; } = [];

    /// <summary>Where a service's AsyncAPI document is, by the service's full name; null for nowhere.</summary>
    public Func<string, string?>? AsyncApi { get; init; }

    /// <summary>Addresses elsewhere that are shown with every saga.</summary>
    public IReadOnlyList<LinkTemplate> Links { get; init; } = [];

    /// <summary>How many may follow changes, and how closely.</summary>
    public LiveFeedOptions Live { get; init; } = new() { LookEvery = TimeSpan.FromSeconds(1) };

    internal bool HasPolicy => ViewPolicy is not null;

    /// <exception cref="InvalidOperationException">They contradict each other, or leave it open who may come in.</exception>
    internal void Check(bool isProduction)
    {
        if (!HasPolicy && (OperatePolicy ?? AdminPolicy ?? PayloadPolicy) is { } other)
        {
            throw new InvalidOperationException($"The management has the policy '{other}', but none that says who may look: without {nameof(ViewPolicy)} whoever is at this machine may do everything. Set {nameof(SkaldManagementOptions)}.{nameof(ViewPolicy)}.");
        }

        if (!HasPolicy && !LocalOnly && isProduction)
        {
            throw new InvalidOperationException(
                $"The management is mapped in production, and nothing says who may use it. Name an authorization policy ({nameof(SkaldManagementOptions)}.{nameof(ViewPolicy)}), or say that it is for this machine alone ({nameof(LocalOnly)} = true).");
        }
    }
}
