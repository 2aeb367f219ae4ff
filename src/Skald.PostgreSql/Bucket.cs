namespace Skald.PostgreSql;

/// <summary>The month that is written in a time-ordered id (RFC 9562, version 7), as 203001; 0 for other ids.</summary>
internal static class Bucket
{
    public static int Of(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        if (bytes[6] >> 4 != 7)
        {
            return 0;
        }

        var milliseconds = ((long)bytes[0] << 40) | ((long)bytes[1] << 32) | ((long)bytes[2] << 24) | ((long)bytes[3] << 16) | ((long)bytes[4] << 8) | bytes[5];
        return milliseconds > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() ? 0 : Of(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
    }

    public static int Of(DateTimeOffset time) => (time.UtcDateTime.Year * 100) + time.UtcDateTime.Month;
}
