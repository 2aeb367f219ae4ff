using System.Text;
using Skald.Messaging;
using Skald.PostgreSql;
using Skald.RabbitMq;
using Skald.Storage;
using Skald.Tests;
using Xunit;

namespace Skald.Servers.Tests;

/// <summary>Whatever is given as the address of a server is understood, or refused in a line without the password.</summary>
public sealed class A_parser_of_addresses
{
    private const string Secret = "s3cr3t";

    [Fact]
    public void Of_PostgreSql_understands_or_says_how_it_is_written() => Fuzzer.Run(
        [
            .. ((string[])["postgres://app:{0}@host:5432/db?sslmode=verify-full&Timeout=5", "postgresql://app:{0}@[::1]/db%20x?sslrootcert=ca.pem", "POSTGRES://host/db", "postgres://app:{0}@a:1,b/db", "Host=a:1,b;Password={0}", "postgres://app:5/{0}@host/db", "postgres://app:5#{0}@host/db", "postgres://app:5?{0}@host/db",
                "Host=localhost;Port=5433;Database=app;Username=app;Password={0};Options=-c x=y;Application Name=a"]).Select(Encoding.UTF8.GetBytes),
        ],
        bytes =>
        {
            try
            {
                var address = new PostgresAddress(Text(bytes), new PostgreSqlOptions());
                Assert.Equal("pg_catalog", address.ForUnits().SearchPath);
                return $"{address} {address.Server}".Contains("5432", StringComparison.Ordinal);
            }
            catch (StoreSetupException exception)
            {
                Assert.DoesNotContain(Secret, exception.ToString(), StringComparison.Ordinal);
                return exception.Message;
            }
        });

    [Fact]
    public void Of_RabbitMq_understands_or_says_how_it_is_written() => Fuzzer.Run(
        [.. ((string[])["amqp://app:{0}@host:5672/v%2Fhost", "amqps://app:{0}@[::1]", "AMQP://host/v", "amqp://app:{0}@a:1,b:2,c/v", "amqp://app:5/{0}@host/v", "amqp://app:5#{0}@host/v", "amqp://app:5?{0}@host/v", "amqp://app:5/{0}@host"]).Select(Encoding.UTF8.GetBytes)],
        bytes =>
        {
            var text = Text(bytes);
            try
            {
                var factory = new BrokerAddress(text, "for the till", new RabbitMqOptions()).Factory;
                Assert.NotNull(SetupFailures.Server(text));
                return $"{factory.Port == 5672} {factory.VirtualHost == "/"} {factory.UserName == "guest"}";
            }
            catch (TransportSetupException exception)
            {
                var isPassword = text.IndexOf("//", StringComparison.Ordinal) is >= 0 and var start && start < text.IndexOf(Secret, StringComparison.Ordinal) && text.LastIndexOf(Secret, StringComparison.Ordinal) < text.LastIndexOf('@');
                Assert.False(isPassword && exception.ToString().Contains(Secret, StringComparison.Ordinal), exception.Message);
                return exception.Message;
            }
        });

    [Fact]
    public void Of_servers_takes_no_part_of_a_password_for_a_name()
    {
        Assert.DoesNotContain(Secret, Assert.Throws<StoreSetupException>(() => new PostgresAddress($"postgres://app:5/{Secret}@host/db", new PostgreSqlOptions())).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, Assert.Throws<TransportSetupException>(() => new BrokerAddress($"amqp://app:5/{Secret}@host", "for the till", new RabbitMqOptions())).ToString(), StringComparison.Ordinal);
        Assert.Null(SetupFailures.Server($"amqp://app:5/{Secret}@host"));
    }

    [Theory]
    [InlineData("Host=h;Pasword=")]
    [InlineData("postgres://h/d?pasword=")]
    public void Of_PostgreSql_refuses_an_option_that_there_is_not(string text) => Assert.Throws<StoreSetupException>(() => new PostgresAddress(text, new PostgreSqlOptions()));

    [Theory]
    [InlineData("postgres://host/db")]
    [InlineData("Postgres://host/db")]
    [InlineData("POSTGRESQL://host/db")]
    public void Of_PostgreSql_knows_a_scheme_in_any_case(string text)
    {
        Assert.True(new PostgreSqlScheme().Matches(text));
        Assert.Equal("host:5432/db", $"{new PostgresAddress(text, new PostgreSqlOptions())}");
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes).Replace("{0}", Secret, StringComparison.Ordinal);
}
