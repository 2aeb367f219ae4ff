using Microsoft.Extensions.Logging.Abstractions;
using Skald.Runtime;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

public sealed class What_is_known_of_a_store
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    private readonly StoreHealth _health = new("t.seats", new Absence("t.seats", TimeSpan.FromSeconds(1), NullLogger.Instance), NullLogger.Instance);

    [Fact]
    public void Ends_its_absence_when_somebody_has_read_from_it()
    {
        _health.Fails(Now, new StoreUnavailableException("cannot be reached") { IsAway = true });
        Assert.Equal("cannot be reached", _health.Problem);
        _health.Answers();
        Assert.Null(_health.Problem);

        _health.Works(Now);
        _health.Fails(Now, new StoreUnavailableException("gone again") { IsAway = true });
        Assert.Equal("gone again", _health.Problem);
        _health.Answers();
        Assert.Null(_health.Problem);
    }

    [Fact]
    public void Does_not_end_what_happens_each_time_that_it_is_written()
    {
        for (var i = 0; i < 2; i++)
        {
            _health.Fails(Now, new StoreUnavailableException("it has crashed") { IsAway = true });
            _health.Answers();
        }

        Assert.Equal("it has crashed", _health.Problem);
        _health.Works(Now);
        Assert.Null(_health.Problem);
    }

    [Fact]
    public void Does_not_end_a_full_disk_which_reading_does_not_show()
    {
        _health.Fails(Now, new StoreUnavailableException("the disk is full"));
        _health.Answers();
        Assert.Equal("the disk is full", _health.Problem);
        _health.Works(Now);
        Assert.Null(_health.Problem);
    }
}
