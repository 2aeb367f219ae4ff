using Npgsql;

namespace Skald.PostgreSql;

/// <summary>The server does not answer, or lets nobody in. What it was asked may still be done.</summary>
/// <param name="message">Why, for people.</param>
/// <param name="innerException">What was seen when it was asked.</param>
internal sealed class ServerAwayException(string message, Exception? innerException) : NpgsqlException(message, innerException)
{
    public ServerAwayException()
        : this("it does not answer", new TimeoutException())
    {
    }

    /// <summary>It answers others.</summary>
    public ServerAwayException(Exception late)
        : this("it has not answered in time", late) => IsThere = true;

    /// <summary>Whether it is there, as far as is known, and only this was not done in time.</summary>
    public bool IsThere { get; }
}
