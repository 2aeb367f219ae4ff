using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Skald.ServiceHost;

/// <summary>
/// The buffers of connections. So many are kept as a busy service uses at once; those that a crowd needs besides are the collector's. The server's own
/// pool keeps all that were ever used, and gives a twentieth of them back every ten seconds.
/// </summary>
internal sealed class ConnectionBuffers : IMemoryPoolFactory<byte>
{
    private const int Size = 4096;
    private const int Kept = 256;

    /// <inheritdoc/>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    private sealed class Pool : MemoryPool<byte>
    {
        private readonly ConcurrentQueue<Buffer> _free = new();
        private int _count;

        /// <inheritdoc/>
        public override int MaxBufferSize => Size;

        /// <inheritdoc/>
        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, Size);
            if (!_free.TryDequeue(out var buffer))
            {
                return new Buffer(this);
            }

            Interlocked.Decrement(ref _count);
            return buffer;
        }

        public void Return(Buffer buffer)
        {
            if (Interlocked.Increment(ref _count) <= Kept)
            {
                _free.Enqueue(buffer);
            }
            else
            {
                Interlocked.Decrement(ref _count);
            }
        }

        /// <inheritdoc/>
        protected override void Dispose(bool disposing) => _free.Clear();
    }

    private sealed class Buffer(Pool pool) : IMemoryOwner<byte>
    {
        // Not pinned from the start: a few of those that are kept would hold on to the whole memory of a crowd.
        public Memory<byte> Memory { get; } = GC.AllocateUninitializedArray<byte>(Size);

        public void Dispose() => pool.Return(this);
    }
}
