using Npgsql;
using Skald.Messaging;
using Skald.PostgreSql;
using Skald.RabbitMq;
using Skald.Storage;
using Xunit;

namespace Skald.Servers.Tests;

/// <summary>Where servers are that are several machines.</summary>
public sealed class An_address_of_several_servers
{
    [Theory]
    [InlineData("postgres://u:p@a:1,b/d", "a:1,b:5432", "read-write", 1)]
    [InlineData("postgres://u:p@a,b:2/d?target_session_attrs=any", "a:5432,b:2", "any", 1)]
    [InlineData("Host=a,b:2;Port=3;Database=d;Username=u;Host Recheck Seconds=7", "a:3,b:2", "read-write", 7)]
    [InlineData("Host=fd00::1,[fd00::2]:2;Username=u", "[fd00::1]:5432,[fd00::2]:2", "read-write", 1)]
    [InlineData("postgres://u:p@a:1/d", "a", null, 10)]
    public void Of_PostgreSql_means_the_one_that_takes_writes(string address, string hosts, string? attributes, int recheck)
    {
        var settings = new NpgsqlConnectionStringBuilder(new PostgresAddress(address, new PostgreSqlOptions()).Alone);
        Assert.Equal((hosts, attributes, recheck), (settings.Host, settings.TargetSessionAttributes, settings.HostRecheckSeconds));
    }

    [Theory]
    [InlineData("postgres://u:p@a:1,b/d", "a:1,b:5432/d")]
    [InlineData("postgres://u:p@a:1/d", "a:1/d")]
    [InlineData("postgres://u:p@a/d", "a:5432/d")]
    public void Of_PostgreSql_is_shown_as_it_was_given(string address, string shown) => Assert.Equal(shown, new PostgresAddress(address, new PostgreSqlOptions()).ToString());

    [Theory]
    [InlineData("Host=a,b;Port=1", "Host=a:1,b:1", true)]
    [InlineData("Host=a,b;Port=1", "Host=a,b;Port=2", false)]
    [InlineData("Host=[::1],b:2", "Host=[::1]:5432,B:2", true)]
    public void Of_PostgreSql_is_the_same_however_it_is_written(string one, string other, bool isSame) => Assert.Equal(
        isSame, new PostgresAddress(one + ";Username=u", new PostgreSqlOptions()).IsSameDatabaseAs(new PostgresAddress(other + ";Username=u", new PostgreSqlOptions())));

    [Theory]
    [InlineData("amqp://u:p@a:1,b/v", "RabbitMQ at a:1,b:5672")]
    [InlineData("amqps://u:p@a,b:2/v", "RabbitMQ at a:5671,b:2")]
    [InlineData("amqp://u:p@a:1/v", "RabbitMQ at a:1")]
    public void Of_RabbitMq_means_any(string address, string shown) => Assert.Equal(shown, new BrokerAddress(address, "test", new RabbitMqOptions()).ToString());

    [Theory]
    [InlineData("amqp://u:s3cret@a,b c/v")]
    [InlineData("amqp://u:s3cret@a,:5672/v")]
    [InlineData("amqp://u:s3cret@,b/v")]
    [InlineData("amqp://u:s3cret@a,b:x/v")]
    [InlineData("amqp://u:4711#s3cret@a/v")]
    [InlineData("amqp://u:4711?s3cret@a/v")]
    [InlineData("postgres://u:4711#s3cret@a/v")]
    [InlineData("postgres://u:4711?s3cret@a/v")]
    [InlineData("postgres://u:s3cret@,/v")]
    [InlineData("postgres://u:s3cret@a,/v")]
    [InlineData("postgres://u:s3cret@a,b:54x/v")]
    [InlineData("Host=a,b:99999;Password=s3cret")]
    [InlineData("postgres://u:s3cret@:x,b/v")]
    public void That_cannot_be_read_is_refused_in_one_line_without_the_password(string address)
    {
        var refused = Assert.ThrowsAny<Exception>(() => address.StartsWith("amqp", StringComparison.Ordinal)
            ? (object)new BrokerAddress(address, "test", new RabbitMqOptions())
            : new PostgresAddress(address, new PostgreSqlOptions()));
        Assert.True(refused is TransportSetupException or StoreSetupException, $"{refused}");
        Assert.DoesNotContain("s3cret", refused.ToString(), StringComparison.Ordinal);
    }
}
