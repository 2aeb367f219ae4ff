using Microsoft.Extensions.Logging;

namespace Skald.PostgreSql;

/// <summary>Somebody who hears what is said on a channel, and perhaps shows meanwhile that he lives.</summary>
/// <param name="channel">Made of a checked name.</param>
/// <param name="heard">Called with each notification's payload, and with null after each connecting: something may have been missed.</param>
/// <param name="logger">Told when it has to be done again.</param>
internal sealed class Ear(string channel, Action<string?> heard, ILogger logger)
{
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Channel => channel;

    public ILogger Logger => logger;

    /// <summary>What is held in the session that listens; null for nothing.</summary>
    public Presence? Presence { get; init; }

    /// <summary>Whether it listens at this moment.</summary>
    public bool Listens { get; set; }

    /// <summary>Whether it could not be made to listen, and that was said.</summary>
    public bool IsRefused { get; set; }

    /// <summary>Whether it is to go.</summary>
    public bool Leaves { get; set; }

    /// <summary>Ends when it has gone.</summary>
    public Task Gone => _gone.Task;

    public void Hear(string? payload) => heard(payload);

    public void Lose()
    {
        Listens = false;
        Presence?.Lost();
    }

    public void Go() => _gone.TrySetResult();
}
