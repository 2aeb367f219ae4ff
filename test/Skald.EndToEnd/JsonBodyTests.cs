using System.Text.Json;

namespace Skald.EndToEnd;

public sealed class A_body_that_is_read_as_a_type
{
    private static Sent Read(string json) => JsonBody.Read<Sent>(JsonDocument.Parse(json).RootElement, JsonSerializerOptions.Web);

    [Fact]
    public void Leaves_out_what_is_of_another_kind()
    {
        var sent = Read("""{"number":"7","text":5,"lines":{"a":1}}""");
        Assert.Equal((null, "none", null), (sent.Number, sent.Text, sent.Lines));
    }

    [Fact]
    public void Takes_null_for_what_may_be_null() => Assert.Null(Read("""{"text":null}""").Text);

    [Theory]
    [InlineData("""{"lines":[5]}""")]
    [InlineData("""{"lines":[null]}""")]
    [InlineData("""{"lines":[{}]}""")]
    public void Has_an_element_without_members_for_what_is_no_object(string json) => Assert.Null(Assert.Single(Read(json).Lines!).Name);

    [Theory]
    [InlineData("""{"rows":[1]}""")]
    [InlineData("""{"rows":[[1],["x"]]}""")]
    public void Is_refused_for_a_list_in_a_list_that_is_none(string json) => Assert.Throws<JsonException>(() => Read(json));

    internal sealed record Sent
    {
        public int? Number { get; init; }

        public string? Text { get; init; } = "none";

        public IReadOnlyList<Line>? Lines { get; init; }

        public int[][]? Rows { get; init; }
    }

    internal sealed record Line(string? Name = null);
}
