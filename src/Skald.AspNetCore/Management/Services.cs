namespace Skald.Management;

/// <summary>A service: what it runs, says and hears.</summary>
public sealed record ServiceInfo
{
    /// <summary>The full name.</summary>
    public required string Service { get; init; }

    /// <summary>Its database, for people; no secrets.</summary>
    public required string Store { get; init; }

    /// <summary>How its messages travel: the broker's protocol and host, or <c>embedded</c>.</summary>
    public required string Transport { get; init; }

    /// <summary>Why it cannot work at the moment, in few words; null when it can.</summary>
    public string? Problem { get; init; }

    /// <summary>The queue of the commands that it handles.</summary>
    public required string CommandQueue { get; init; }

    /// <summary>The queue of the answers to its sagas.</summary>
    public required string ReplyQueue { get; init; }

    /// <summary>The names of its sagas' definitions.</summary>
    public IReadOnlyList<string> Sagas { get; init; } = [];

    /// <summary>The names of the flows that it takes part in.</summary>
    public IReadOnlyList<string> Flows { get; init; } = [];

    /// <summary>The names of its projections.</summary>
    public IReadOnlyList<string> Projections { get; init; } = [];

    /// <summary>The kinds of its aggregates.</summary>
    public IReadOnlyList<string> Aggregates { get; init; } = [];

    /// <summary>The wire names of the commands that it handles.</summary>
    public IReadOnlyList<string> Handles { get; init; } = [];

    /// <summary>The commands that its sagas send, and to whom.</summary>
    public IReadOnlyList<CommandLink> Sends { get; init; } = [];

    /// <summary>The wire names of the events that its sagas wait for.</summary>
    public IReadOnlyList<string> Awaits { get; init; } = [];

    /// <summary>The events that it publishes.</summary>
    public IReadOnlyList<TopicLink> Publishes { get; init; } = [];

    /// <summary>The events that it subscribes to.</summary>
    public IReadOnlyList<TopicLink> Subscribes { get; init; } = [];

    /// <summary>Its AsyncAPI document, as a path below the process's address or as an address; null when nobody said where it is.</summary>
    public string? AsyncApi { get; init; }
}

/// <summary>A command that a service's sagas send.</summary>
/// <param name="Command">The wire name.</param>
/// <param name="Service">Who handles it.</param>
/// <param name="Queue">That service's queue.</param>
/// <param name="Steps">The steps that send it, as <c>definition: step</c>.</param>
public sealed record CommandLink(string Command, string Service, string Queue, IReadOnlyList<string> Steps);

/// <summary>An event that a service publishes or subscribes to.</summary>
/// <param name="Event">The wire name.</param>
/// <param name="Topic">The topic's full name.</param>
/// <param name="Queue">The queue of the subscription; null for one that publishes.</param>
public sealed record TopicLink(string Event, string Topic, string? Queue = null);

/// <summary>A version of a saga's definition.</summary>
/// <param name="Service">Whose it is.</param>
/// <param name="Name">The definition's name.</param>
/// <param name="Version">Its version.</param>
/// <param name="IsPresent">Whether sagas that start now run it.</param>
/// <param name="Steps">Its steps, in order.</param>
public sealed record DefinitionInfo(string Service, string Name, int Version, bool IsPresent, IReadOnlyList<DefinitionStep> Steps);

/// <summary>A step as its definition has it.</summary>
public sealed record DefinitionStep
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its place, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Steps of one stage run side by side.</summary>
    public required int Stage { get; init; }

    /// <summary><c>compensatable</c>, <c>pivot</c> or <c>retriable</c>: before, at or after the point of no return.</summary>
    public required string Kind { get; init; }

    /// <summary><c>local</c> code, a <c>command</c>, a <c>wait</c>, or <c>removed</c>.</summary>
    public required string Work { get; init; }

    /// <summary>Who is asked to do it; null for nobody.</summary>
    public string? Service { get; init; }

    /// <summary>The wire name of its command; null for none.</summary>
    public string? Command { get; init; }

    /// <summary>The wire names of the events that end its wait.</summary>
    public IReadOnlyList<string> Events { get; init; } = [];

    /// <summary>What undoes it: a command's wire name, or <c>local</c>; null for nothing.</summary>
    public string? Undo { get; init; }

    /// <summary>Why there is nothing to undo; null where there is.</summary>
    public string? NothingToUndo { get; init; }

    /// <summary>How long its answer or event may take, in seconds; null for however long it takes.</summary>
    public double? WithinSeconds { get; init; }

    /// <summary>Whether it is only taken under a condition.</summary>
    public bool IsConditional { get; init; }
}

/// <summary>A process that serves a service, or did and is gone.</summary>
/// <param name="Service">The service.</param>
/// <param name="Instance">Its number with the service's database, which no other has.</param>
/// <param name="Name">Its machine and process; null when that is not known.</param>
/// <param name="Lives">Whether it lives, as far as the database can tell.</param>
/// <param name="Since">When it began to serve; null when that is not known.</param>
/// <param name="GoneAt">When others found it to be gone; null when they have not.</param>
/// <param name="Plans">The definitions that it knows, each with its version; null for all.</param>
public sealed record ProcessItem(string Service, long Instance, string? Name, bool Lives, DateTimeOffset? Since, DateTimeOffset? GoneAt, IReadOnlyList<string>? Plans);
