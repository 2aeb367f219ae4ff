using Microsoft.AspNetCore.Http;

namespace Skald;

/// <summary>A JSON body that ends with 400 where it has text that cannot be stored, whoever reads it and whatever is made of it.</summary>
/// <param name="body">The body as it comes.</param>
internal sealed class StorableBody(Stream body) : Stream
{
    private readonly JsonText _text = new();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Checked(buffer.AsSpan(offset, count), body.Read(buffer, offset, count));

    public override int Read(Span<byte> buffer) => Checked(buffer, body.Read(buffer));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await body.ReadAsync(buffer, cancellationToken);
        return Checked(buffer.Span, read);
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int Checked(ReadOnlySpan<byte> buffer, int read) =>
        // A read of no bytes into a buffer that has room is the end.
        buffer.IsEmpty || _text.Next(buffer[..read], isLast: read == 0) is not { } problem ? read : throw new BadHttpRequestException(problem);
}
