using Xunit;

namespace Skald.Tests;

/// <summary>A broker or a database may be several machines, any of which may answer.</summary>
public sealed class An_address_of_several_hosts
{
    [Theory]
    [InlineData("amqp://u:p@a:5672,b:5673/v", "amqp://u:p@a:5672/v", "a:5672 b:5673")]
    [InlineData("amqps://a,b,c", "amqps://a", "a b c")]
    [InlineData("amqp://u:p,q@a,b?heartbeat=5,6", "amqp://u:p,q@a?heartbeat=5,6", "a b")]
    [InlineData("postgres://u:p@[::1]:1,[::2]:2/d?x=@y", "postgres://u:p@[::1]:1/d?x=@y", "[::1]:1 [::2]:2")]
    [InlineData("postgres://a/d", "postgres://a/d", "a")]
    [InlineData("postgres://", "postgres://", "")]
    [InlineData("postgres:///d", "postgres:///d", "")]
    [InlineData("sqlite", "sqlite", null)]
    public void Is_taken_apart(string address, string first, string? hosts)
    {
        var (alone, all) = AddressScheme.WithFirstHost(address);
        Assert.Equal(first, alone);
        Assert.Equal(hosts, all.Count == 0 ? null : string.Join(' ', all));
    }

    [Fact]
    public void Shows_no_password() => Assert.Equal("amqp://a:5672,b:5673/v", AddressScheme.WithoutUser("amqp://u:p@a:5672,b:5673/v"));
}
