using Microsoft.Extensions.Logging;
using Skald.Diagnostics;

namespace Skald.Runtime;

/// <summary>Whether a service's database can be used, as its lanes and its look for due work find out. Said in the log when it changes.</summary>
internal sealed class StoreHealth(string service, Absence absence, ILogger logger)
{
    private volatile string? _problem;

    /// <summary>Why it cannot be used at the moment; null when it can.</summary>
    public string? Problem => _problem;

    public void Fails(DateTimeOffset now, Exception exception)
    {
        if (Interlocked.Exchange(ref _problem, exception.Message) is null)
        {
            logger.StoreUnavailable(service, exception);
        }

        absence.Ends(now, exception.Message);
    }

    public void Works(DateTimeOffset now)
    {
        if (_problem is not null && Interlocked.Exchange(ref _problem, null) is { } problem)
        {
            absence.Ends(now, problem);
        }
    }
}
