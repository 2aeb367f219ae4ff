using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Skald;

/// <summary>What a process with several services says and serves as a whole.</summary>
public sealed record ProgramOptions
{
    /// <summary>Its name for people.</summary>
    public required string Name { get; init; }

    /// <summary>Where it listens unless <c>--urls</c> says otherwise.</summary>
    public required string DefaultUrl { get; init; }

    /// <summary>Its own endpoints besides those of the services.</summary>
    public Action<IEndpointRouteBuilder, ProgramFacts> Map { get; init; } = static (_, _) => { };

    /// <summary>What its own endpoints need.</summary>
    public Action<IServiceCollection> AddServices { get; init; } = static _ => { };

    /// <summary>Commands to try, printed at start; made from the facts and the first address.</summary>
    public Func<ProgramFacts, string, IEnumerable<string>> Try { get; init; } = static (_, _) => [];
}

/// <summary>What a running process knows about itself.</summary>
/// <param name="Settings">Where it keeps its rows and how its messages travel.</param>
/// <param name="Modules">Its services.</param>
/// <param name="Services">The services at work.</param>
public sealed record ProgramFacts(SkaldSettings Settings, IReadOnlyList<ServiceModule> Modules, SkaldServices Services);
