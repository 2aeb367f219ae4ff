using Npgsql;
using Skald.PostgreSql;
using Skald.Storage;
using Xunit;

namespace Skald.Servers.Tests;

public sealed class What_PostgreSql_answers
{
    private static readonly PostgresAddress Address = new("Host=db.example;Database=d", new PostgreSqlOptions());

    [Theory]
    [InlineData("FATAL", "55000", true)]
    [InlineData("ERROR", "55000", false)]
    [InlineData("ERROR", "53100", true)]
    [InlineData("FATAL", "57P03", true)]
    [InlineData("ERROR", "42P01", false)]
    public void Is_an_outage_or_the_statements_own_fault(string severity, string state, bool outage) =>
        Assert.Equal(outage, PostgresErrors.Translate(new PostgresException("no", severity, severity, state), Address) is StoreUnavailableException);

    /// <summary>Who can read has nothing to say of a disk that is full.</summary>
    [Theory]
    [InlineData("57P01", true)]
    [InlineData("57P03", true)]
    [InlineData("53100", false)]
    [InlineData("25006", false)]
    public void Is_away_or_there_and_of_no_use(string state, bool away) =>
        Assert.Equal(away, Assert.IsType<StoreUnavailableException>(PostgresErrors.Translate(new PostgresException("no", "ERROR", "ERROR", state), Address)).IsAway);

    [Fact]
    public void Is_away_when_it_answers_nobody()
    {
        Assert.True(Assert.IsType<StoreUnavailableException>(PostgresErrors.Translate(new ServerAwayException(), Address)).IsAway);
        Assert.False(Assert.IsType<StoreUnavailableException>(PostgresErrors.Translate(new ServerAwayException(new TimeoutException()), Address)).IsAway);
    }
}
