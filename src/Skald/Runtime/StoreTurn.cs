namespace Skald.Runtime;

/// <summary>Whose turn it is at a store that does one thing at a time. Where several may be done at once it is always everybody's.</summary>
internal sealed class StoreTurn(bool isNeeded) : IDisposable
{
    private readonly SemaphoreSlim? _turn = isNeeded ? new SemaphoreSlim(1, 1) : null;

    /// <summary>Waits for it; whoever has it gives it back by disposing of it.</summary>
    public async ValueTask<Held> TakeAsync()
    {
        if (_turn is not null)
        {
            await _turn.WaitAsync();
        }

        return new Held(_turn);
    }

    public void Dispose() => _turn?.Dispose();

    internal readonly struct Held(SemaphoreSlim? turn) : IDisposable
    {
        public void Dispose() => turn?.Release();
    }
}
