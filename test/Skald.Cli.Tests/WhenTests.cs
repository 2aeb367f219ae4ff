namespace Skald.Cli.Tests;

public sealed class Times_that_people_type
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("1h", "2026-11-30T13:00:00Z")]
    [InlineData("2d12h", "2026-12-03T00:00:00Z")]
    [InlineData("1h30m15s", "2026-11-30T13:30:15Z")]
    [InlineData("500ms", "2026-11-30T12:00:00.5Z")]
    [InlineData("0s", "2026-11-30T12:00:00Z")]
    [InlineData("2026-11-30T09:00:00Z", "2026-11-30T09:00:00Z")]
    [InlineData("2026-11-30t09:00:00z", "2026-11-30T09:00:00Z")]
    [InlineData("2026-11-30T09:00:00+01:00", "2026-11-30T08:00:00Z")]
    [InlineData("2026-11-30 09:00:00.25-05:30", "2026-11-30T14:30:00.25Z")]
    public void Are_a_length_of_time_or_a_moment(string text, string moment)
    {
        Assert.True(When.TryReadMoment(text, s_now, out var read));
        Assert.Equal(DateTimeOffset.Parse(moment, System.Globalization.CultureInfo.InvariantCulture), read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("h")]
    [InlineData("1")]
    [InlineData("-1h")]
    [InlineData("1H")]
    [InlineData("1 h")]
    [InlineData("1h\n")]
    [InlineData("٣h")]
    [InlineData("999999999999d")]
    [InlineData("99999999999999999999d")]
    [InlineData("9999999999d9999999999d9999999999d9999d")]
    [InlineData("2026-11-30T09:00:00")]
    [InlineData("2026-11-31T09:00:00Z")]
    [InlineData("2026-11-30")]
    [InlineData("tomorrow")]
    public void Are_nothing_that_could_mean_two_things(string text) => Assert.False(When.TryReadMoment(text, s_now, out _));

    [Theory]
    [InlineData(0.25, "250 ms")]
    [InlineData(4, "4 s")]
    [InlineData(125, "2 m 5 s")]
    [InlineData(3 * 3600 + 120, "3 h 2 m")]
    [InlineData(49 * 3600, "2 d 1 h")]
    public void Are_said_in_their_two_largest_units(double seconds, string length) => Assert.Equal(length, When.Length(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Are_before_or_after_now()
    {
        Assert.Equal("4 s ago", When.Ago(s_now.AddSeconds(-4), s_now));
        Assert.Equal("in 2 m 0 s", When.Ago(s_now.AddMinutes(2), s_now));
    }
}
