namespace Skald.Management.Tests;

public sealed class A_query_for_sagas
{
    [Theory]
    [InlineData("status:parked saga:create-order service:food-orders.order step:\"authorize card\" error:CardDeclined age:>10m key:4711 word")]
    [InlineData("status:open")]
    [InlineData("status:ended")]
    [InlineData("age:<2h30m")]
    [InlineData("\"two words\"")]
    [InlineData("\"status:parked\"")]
    [InlineData("key:\"a \\\"b\\\" \\\\c\"")]
    [InlineData("")]
    public void Is_written_as_it_is_read(string text)
    {
        var query = SagaQueryText.Parse(text);
        Assert.Equal(query, SagaQueryText.Parse(query.ToString()));
        Assert.Equal(text.Replace(" \\\\c", " \\\\c", StringComparison.Ordinal), query.ToString());
    }

    [Fact]
    public void Means_what_it_says()
    {
        var query = SagaQueryText.Parse("  status:open saga:a saga:b age:>1d2h age:<1w 4711 ");
        Assert.Equal([SagaStatus.Running, SagaStatus.Compensating, SagaStatus.Parked], query.Statuses);
        Assert.Equal(["a", "b"], query.Definitions);
        Assert.Equal((TimeSpan.FromHours(26), TimeSpan.FromDays(7), "4711"), (query.OlderThan, query.YoungerThan, query.Word));
    }

    [Theory]
    [InlineData("status:odd", 7, "'odd' is no status. Use open, ended, running, compensating, completed, compensated, parked.")]
    [InlineData("a stat:x", 2, "There is no 'stat:'. Use status:, saga:, service:, step:, error:, age:, key:, id:; in quotation marks it is a word.")]
    [InlineData("step:a step:b", 7, "'step:' stands there twice. Keep one.")]
    [InlineData("key:", 4, "Nothing stands after 'key:'. Say what it is to be, without a space before it.")]
    [InlineData("\"open", 0, "The quotation mark is not closed.")]
    [InlineData("ab\"c\"", 2, "A quotation mark stands within a word. Put the whole word into quotation marks.")]
    [InlineData("age:10m", 4, "Say older or younger: age:>10m, age:<2h.")]
    [InlineData("age:>10x", 5, "'10x' is no time. Use such as 30s, 10m, 2h30m, 3d, 1w.")]
    [InlineData("age:>0s", 5, "'0s' is no time. Use such as 30s, 10m, 2h30m, 3d, 1w.")]
    [InlineData("age:>999999999w", 5, "'999999999w' is no time. Use such as 30s, 10m, 2h30m, 3d, 1w.")]
    [InlineData("age:<5214w999999999d", 5, "'5214w999999999d' is no time. Use such as 30s, 10m, 2h30m, 3d, 1w.")]
    [InlineData("one two", 4, "There is a word already, 'one'. Put what belongs together into quotation marks.")]
    [InlineData("id:7", 3, "'7' is no id. Ids are 32 digits with hyphens; key: finds business keys.")]
    public void That_makes_no_sense_says_where_and_what_would(string text, int position, string says)
    {
        var exception = Assert.Throws<SagaQueryException>(() => SagaQueryText.Parse(text));
        Assert.Equal((position, $"At {position + 1}: {says}"), (exception.Position, exception.Message));
    }

    [Theory]
    [InlineData(1, "age:>1s")]
    [InlineData(999, "age:>1s")]
    [InlineData(61_999, "age:>1m1s")]
    public void Writes_ages_in_whole_seconds(int milliseconds, string text)
    {
        var written = new SagaQueryText { OlderThan = TimeSpan.FromMilliseconds(milliseconds) }.ToString();
        Assert.Equal(text, written);
        Assert.Equal(text, SagaQueryText.Parse(written).ToString());
    }

    [Fact]
    public void Never_fails_in_another_way()
    {
        var random = new Random(7);
        const string Letters = "status:parked \"\\age><1099999mhdw\tkey:id saga:öü\u2028";
        for (var i = 0; i < 20_000; i++)
        {
            var text = (i % 4 == 0 ? "age:>" : "") + string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => Letters[random.Next(Letters.Length)]));
            try
            {
                var query = SagaQueryText.Parse(text);
                Assert.Equal(query, SagaQueryText.Parse(query.ToString()));
            }
            catch (SagaQueryException exception)
            {
                Assert.InRange(exception.Position, 0, text.Length);
            }
        }
    }
}
