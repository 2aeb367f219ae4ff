using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Skald.Diagnostics;
using Skald.Messaging;

namespace Skald.Runtime;

/// <summary>What a service was set up with: fixed before it starts, and known to everything in it. None of it does anything.</summary>
/// <param name="Model">Its definitions and handlers.</param>
/// <param name="Options">How it runs.</param>
/// <param name="Serializer">How its messages and states are written.</param>
/// <param name="Time">The machine's clock, and its timers.</param>
/// <param name="Logger">Its log.</param>
/// <param name="Scopes">Makes the scopes that calls ask for.</param>
/// <param name="Stopping">When it is to stop.</param>
internal sealed record ServiceSetup(
    EngineModel Model, SkaldOptions Options, MessageSerializer Serializer, TimeProvider Time, ILogger Logger, IServiceScopeFactory Scopes, CancellationToken Stopping)
{
    private const int DeadLettersSaidAMinute = 60;
    private const int StrangersKeptAnHour = 10_000;

    public string Service => Model.Service;

    /// <summary>Which dead letters are said in the log; all of them are counted.</summary>
    public Sample DeadLetters { get; } = new(DeadLettersSaidAMinute, TimeSpan.FromMinutes(1), Time);

    /// <summary>Which messages are stored as dead letters of those that cannot be read, or are not believed; all of them are counted.</summary>
    public Sample Strangers { get; } = new(StrangersKeptAnHour, TimeSpan.FromHours(1), Time);

    /// <summary>Which commands are stored as dead letters of those that cannot be handled, and whose sagas are told so; all of them are counted.</summary>
    public Sample Unhandled { get; } = new(StrangersKeptAnHour, TimeSpan.FromHours(1), Time);

    /// <summary>Which answers that had nowhere to go are stored as dead letters; all of them are counted.</summary>
    public Sample LostAnswers { get; } = new(StrangersKeptAnHour, TimeSpan.FromHours(1), Time);

    /// <summary>By which messages of the system are known.</summary>
    public WireKeys Keys { get; } = Options.WireKeys ?? WireKeys.None;

    public bool IsStopping => Stopping.IsCancellationRequested;

    /// <summary>Ends after a while, or when the service stops.</summary>
    public async Task PauseAsync(TimeSpan pause) => await Task.Delay(pause, Time, Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
