using System.Text.Json.Nodes;
using FoodOrders.Accounting;
using FoodOrders.Consumers;
using FoodOrders.Orders;
using FoodOrders.Restaurants;

namespace Skald.AsyncApi.Tests;

/// <summary>The documents of the samples' services.</summary>
public sealed class The_document_of_every_service(OfficialParser parser) : IClassFixture<OfficialParser>
{
    public static TheoryData<string> Services => Samples.Names;

    [Theory, MemberData(nameof(Services))]
    public async Task Is_valid_and_says_the_same_as_JSON_and_as_YAML(string service)
    {
        var json = await Samples.PrintAsync(service);
        var yaml = await Samples.PrintAsync(service, "--yaml");

        var verdicts = await parser.ParseAsync(json, yaml);

        Assert.All(verdicts, verdict => Assert.Empty(verdict.Problems));
        Assert.All(verdicts, verdict => Assert.True(verdict.Read));
        Assert.NotEmpty(verdicts[0].Operations);
        Assert.Equivalent(verdicts[0].Operations.Select(o => o.ToString()), verdicts[1].Operations.Select(o => o.ToString()));
        var document = JsonNode.Parse(json)!.AsObject();
        Assert.Equal(yaml, YamlText.Of(document));
        DocumentChecks.ReferencesResolve(document);
        DocumentChecks.ReplyAddressesAreOpen(document);
        DocumentChecks.NothingIsUnused(document);
    }

    [Fact]
    public async Task Shows_the_orchestrator_sending_what_its_participants_receive()
    {
        var verdicts = await parser.ParseAsync(
            await Samples.PrintAsync("food-orders.order"), await Samples.PrintAsync("food-orders.consumer"),
            await Samples.PrintAsync("food-orders.restaurant"), await Samples.PrintAsync("food-orders.accounting"));

        var sent = verdicts[0].Operations;
        var received = verdicts.Skip(1).SelectMany(v => v.Operations).ToList();
        Assert.All(sent, o => Assert.Equal("send", o.Action));
        Assert.All(received, o => Assert.Equal("receive", o.Action));
        Assert.Equal(
            sent.Select(o => (o.Id, o.Channels[0], string.Join(' ', o.Answers))).Order(),
            received.Select(o => (o.Id, o.Channels[0], string.Join(' ', o.Answers))).Order());
        Assert.Equal(6, sent.Count);
        Assert.All(sent, o => Assert.Equal($"{o.Id}.response.success {o.Id}.response.failure", string.Join(' ', o.Answers)));
    }

    [Fact]
    public async Task Is_found_on_the_ports_that_FoodOrders_names()
    {
        Assert.Equal(8081, new OrderModule().DocumentPort);
        Assert.Equal((8082, 8083, 8084), (new ConsumerModule().DefaultPort, new RestaurantModule().DefaultPort, new AccountingModule().DefaultPort));
        Assert.Equal(
            ["Order service", "Consumer service", "Restaurant service", "Accounting service"],
            await Task.WhenAll(((string[])["order", "consumer", "restaurant", "accounting"]).Select(async name =>
                JsonNode.Parse(await Samples.PrintAsync("food-orders." + name))!["info"]!["title"]!.GetValue<string>())));
    }

    [Theory]
    [InlineData("amqp://user:s3cret@rabbit.example:5673/shop", "amqp", "rabbit.example:5673", "/shop")]
    [InlineData("amqps://user:s3cret@rabbit.example", "amqps", "rabbit.example", null)]
    [InlineData("postgres://user:s3cret@db.example:5433/shop?sslpassword=s3cret", "postgresql", "db.example:5433", "/shop")]
    public async Task Names_the_server_without_its_secrets(string broker, string protocol, string host, string? path)
    {
        var text = await Samples.PrintAsync("food-orders.consumer", "--broker", broker);

        var document = JsonNode.Parse(text)!.AsObject();
        var server = document["servers"]!["broker"]!;
        Assert.Equal((protocol, host, path), (server["protocol"]!.GetValue<string>(), server["host"]!.GetValue<string>(), server["pathname"]?.GetValue<string>()));
        Assert.DoesNotContain("s3cret", text, StringComparison.Ordinal);
        Assert.DoesNotContain("user", text, StringComparison.Ordinal);
        DocumentChecks.ReferencesResolve(document);
        Assert.Empty((await parser.ParseAsync(text))[0].Problems);
    }
}
