using Microsoft.Extensions.Logging;
using Skald.Diagnostics;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>Whether a service's database can be used, as its lanes, its look for due work and whoever asks for its health find out. Said in the log when it changes.</summary>
internal sealed class StoreHealth(string service, Absence absence, ILogger logger)
{
    private volatile string? _problem;
    private volatile bool _isAway;

    // Since it was last away; whether it can be written is for the loops to find out.
    private volatile bool _hasAnswered;

    /// <summary>Why it cannot be used at the moment; null when it can.</summary>
    public string? Problem => _problem is { } problem && !_hasAnswered ? problem : null;

    public void Fails(DateTimeOffset now, Exception exception)
    {
        // One that was read from and fails again without having worked is not taken at its word: it answers, and nothing can be done with it.
        _isAway = exception is StoreUnavailableException { IsAway: true } && !_hasAnswered;
        _hasAnswered = false;
        if (Interlocked.Exchange(ref _problem, exception.Message) is null)
        {
            logger.StoreUnavailable(service, exception);
        }

        absence.Ends(now, exception.Message);
    }

    /// <summary>Somebody has read from it.</summary>
    public void Answers() => _hasAnswered = _isAway;

    public void Works(DateTimeOffset now)
    {
        if (_problem is not null && Interlocked.Exchange(ref _problem, null) is { } problem)
        {
            _hasAnswered = false;
            absence.Ends(now, problem);
        }
    }
}
