using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Routing;

namespace Skald;

/// <summary>One service of a system: what it is made of, its HTTP and its CLI verbs.</summary>
/// <remarks>The same module runs as an executable of its own and as one of many in a shared process.</remarks>
public abstract class ServiceModule
{
    /// <summary>The system it belongs to, such as <c>food-orders</c>: lower-case words and hyphens.</summary>
    public abstract string System { get; }

    /// <summary>Its name within the system, such as <c>order</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The name other services send to: system, a dot, name.</summary>
    public string FullName => $"{System}.{Name}";

    /// <summary>The port it listens on when it runs alone; null when it has no HTTP.</summary>
    public virtual int? DefaultPort => null;

    /// <summary>Another port for people who only want to read its AsyncAPI document; null when <see cref="DefaultPort"/> is enough.</summary>
    public virtual int? DocumentPort => null;

    /// <summary>The version of what the service says and hears, for its AsyncAPI document.</summary>
    public virtual string Version => "1.0.0";

    /// <summary>The path under which a process with several services mounts <see cref="Map"/>.</summary>
    public virtual string RoutePrefix => System;

    /// <summary>Plain health answers besides <c>/health/live</c> and <c>/health/ready</c>; in a shared process under <c>/{System}/{Name}</c>.</summary>
    public virtual IReadOnlyList<HealthPath> HealthPaths => [];

    /// <summary>Its CLI verbs.</summary>
    public virtual IEnumerable<Verb> Verbs => [];

    /// <summary>
    /// How the types that its HTTP and its verbs read and answer are written, such as a source-generated context; null for reflection. A program that is trimmed or
    /// compiled ahead of time needs one.
    /// </summary>
    public virtual IJsonTypeInfoResolver? Json => null;

    /// <summary>Adds sagas, handlers, tables and options; <c>skald.Services</c> takes the service's own classes.</summary>
    public abstract void Configure(SkaldBuilder skald);

    /// <summary>Adds HTTP endpoints, with paths relative to where the service is mounted.</summary>
    public virtual void Map(IEndpointRouteBuilder routes, SkaldService service)
    {
    }
}

/// <summary>A path that answers <c>{"message": …}</c> as long as the process runs.</summary>
/// <param name="Path">The path, such as <c>/health</c>.</param>
/// <param name="Message">The text.</param>
public sealed record HealthPath(string Path, string Message);
