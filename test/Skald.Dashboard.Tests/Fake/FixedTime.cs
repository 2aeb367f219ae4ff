namespace Skald.Dashboard.Tests.Fake;

/// <summary>It is always the same moment, so that pages look the same each time; what waits really waits.</summary>
internal sealed class FixedTime : TimeProvider
{
    public static DateTimeOffset Now { get; } = new(2026, 11, 30, 13, 59, 20, 500, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}
