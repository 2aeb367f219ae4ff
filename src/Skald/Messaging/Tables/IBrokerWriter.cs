namespace Skald.Messaging.Tables;

/// <summary>What writes a broker's rows, in this process's one loop.</summary>
public interface IBrokerWriter
{
    /// <summary>There is something to write, or to look for. Does not wait.</summary>
    /// <param name="urgent">False for what may wait a little: messages that their consumer has, and acknowledgements.</param>
    void Wake(bool urgent);

    /// <summary>Ends when everything that was waiting to be written is written, or could not be.</summary>
    Task FlushAsync();
}

/// <summary>What one transaction of the broker writes.</summary>
/// <param name="Messages">To insert: for anyone, or as taken by this process.</param>
/// <param name="Acknowledged">To delete, by key.</param>
/// <param name="Returned">To free for whoever takes them first.</param>
public sealed record BrokerWrites(List<BrokerMessage> Messages, List<long> Acknowledged, List<BrokerMessage> Returned)
{
    /// <summary>Whether there is nothing to write.</summary>
    public bool IsEmpty => Messages.Count + Acknowledged.Count + Returned.Count == 0;
}
