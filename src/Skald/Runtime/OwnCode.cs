namespace Skald.Runtime;

/// <summary>
/// Knows whether the caller is code that a batch of the service runs. Such code that asks its own service for something, and waits, would wait
/// for the transaction that waits for it.
/// </summary>
internal sealed class OwnCode(string service)
{
    private static readonly AsyncLocal<Stay?> Current = new();

    /// <summary>From here on, whatever is called runs inside a batch. Until the end of the calling method, or of the stay.</summary>
    public Stay Enter()
    {
        var stay = new Stay(this);
        Current.Value = stay;
        return stay;
    }

    /// <exception cref="InvalidOperationException">The caller runs inside a batch of this service.</exception>
    public void Refuse(string asked, string instead)
    {
        if (Current.Value is { HasEnded: false } stay && stay.Of == this)
        {
            throw new InvalidOperationException(
                $"{asked} was called from inside a message of service '{service}', and would wait for the transaction that waits for it. {instead}");
        }
    }

    internal sealed class Stay(OwnCode of) : IDisposable
    {
        public OwnCode Of => of;

        // What the code has left running is not inside any more.
        public bool HasEnded { get; private set; }

        public void Dispose() => HasEnded = true;
    }
}
