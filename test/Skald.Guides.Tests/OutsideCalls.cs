using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

// docs/guides/outside-calls.md
namespace Skald.Guides.Outside;

[Command("cards.authorize", To = "cards")]
public sealed record AuthorizeCard(string Card, decimal Amount) : ICommand<CardAuthorized>;

public sealed record CardAuthorized(string Authorization);

[Command("cards.reverse", To = "cards")]
public sealed record ReverseCard(string Card) : ICommand<Done>;

public sealed record ProviderAnswer(string Status, string? Id = null);

public sealed class CardHandlers(CardProvider provider)
    : IHandleOutside<AuthorizeCard, CardAuthorized, ProviderAnswer>, IHandleOutside<ReverseCard, Done, ProviderAnswer>
{
    public Task<ProviderAnswer> CallAsync(AuthorizeCard command, OutsideContext context, CancellationToken cancellationToken) =>
        provider.AuthorizeAsync(context.IdempotencyKey, command.Card, command.Amount, cancellationToken);

    public Reply<CardAuthorized> Record(AuthorizeCard command, ProviderAnswer outcome, MessageContext context) =>
        outcome is { Status: "authorized", Id: { } id } ? new CardAuthorized(id) : new Refusal("CardDeclined", $"The provider says: {outcome.Status}.");

    public Task<ProviderAnswer> CallAsync(ReverseCard command, OutsideContext context, CancellationToken cancellationToken) =>
        context.ActionKey is { } key ? provider.ReverseAsync(key, cancellationToken) : Task.FromResult(new ProviderAnswer("nothing to reverse"));

    public Reply<Done> Record(ReverseCard command, ProviderAnswer outcome, MessageContext context) => Done.Instance;
}

public sealed class CardProvider(HttpClient http)
{
    public async Task<ProviderAnswer> AuthorizeAsync(Guid key, string card, decimal amount, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/authorizations") { Content = JsonContent.Create(new { card, amount }) };
        request.Headers.Add("Idempotency-Key", key.ToString());
        using var response = await http.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.PaymentRequired)
        {
            return new ProviderAnswer("declined");
        }

        response.EnsureSuccessStatusCode(); // What is broken is thrown, and tried again under the same key.
        return await response.Content.ReadFromJsonAsync<ProviderAnswer>(cancellationToken) ?? throw new HttpRequestException("The provider said nothing.");
    }

    public async Task<ProviderAnswer> ReverseAsync(Guid key, CancellationToken cancellationToken)
    {
        using var response = await http.DeleteAsync(new Uri($"/authorizations/{key}", UriKind.Relative), cancellationToken);
        response.EnsureSuccessStatusCode();
        return new ProviderAnswer("reversed");
    }
}

public sealed record Purchase(string Card, decimal Amount, bool IsStrange = false)
{
    public string? Authorization { get; init; }
}

public sealed class PurchaseSaga : Saga<Purchase>
{
    protected override void Define(SagaBuilder<Purchase> saga)
    {
        saga.Step("authorize").Send(p => new AuthorizeCard(p.Card, p.Amount))
            .OnReply((p, card) => p with { Authorization = card.Authorization })
            .Undo(p => new ReverseCard(p.Card));
        saga.Step("look").Do((p, _) => p.IsStrange ? new Refusal("Strange", "It is strange.") : p).NothingToUndo("a look");
    }
}

/// <summary>The provider's side: it knows a key again.</summary>
internal sealed class Provider(int fails = 0) : HttpMessageHandler
{
    private int _fails = fails;

    public ConcurrentDictionary<string, string> Authorizations { get; } = new();

    public ConcurrentQueue<string> Keys { get; } = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method == HttpMethod.Delete)
        {
            Authorizations[request.RequestUri!.Segments[^1]] = "reversed"; // A request has an address.
            return new HttpResponseMessage(HttpStatusCode.NoContent);
        }

        var key = request.Headers.GetValues("Idempotency-Key").Single();
        Keys.Enqueue(key);
        if (Interlocked.Decrement(ref _fails) >= 0)
        {
            return new HttpResponseMessage(HttpStatusCode.BadGateway);
        }

        if ((await request.Content!.ReadAsStringAsync(cancellationToken)).Contains("empty", StringComparison.Ordinal))
        {
            return new HttpResponseMessage(HttpStatusCode.PaymentRequired);
        }

        Authorizations.TryAdd(key, "authorized");
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = JsonContent.Create(new ProviderAnswer("authorized", "a1")) };
    }
}

public sealed class A_call_outside
{
    [Fact]
    public async Task Is_made_under_the_messages_key_and_again_under_the_same_one_when_it_fails()
    {
        using var provider = new Provider(fails: 2);
        var end = await RunAsync(provider, new Purchase("full", 20));
        Assert.Equal((SagaStatus.Completed, "a1"), (end.Status, end.State.GetProperty("authorization").GetString()));
        Assert.Equal(3, provider.Keys.Count);
        Assert.Single(provider.Keys.Distinct());
    }

    [Fact]
    public async Task Refuses_when_the_provider_says_no()
    {
        using var provider = new Provider();
        Assert.Equal(new Refusal("CardDeclined", "The provider says: declined."), (await RunAsync(provider, new Purchase("empty", 20))).Failure);
    }

    [Fact]
    public async Task Is_undone_under_the_key_of_its_action()
    {
        using var provider = new Provider();
        Assert.Equal(SagaStatus.Compensated, (await RunAsync(provider, new Purchase("full", 20, IsStrange: true))).Status);
        Assert.Equal("reversed", provider.Authorizations[provider.Keys.Single()]);
    }

    private static async Task<SagaSnapshot> RunAsync(Provider provider, Purchase purchase)
    {
        using var http = new HttpClient(provider, disposeHandler: false) { BaseAddress = new Uri("http://cards.example") };
        await using var services = await Services.StartAsync(
            ("shop.order", s => s.AddSaga<PurchaseSaga>()),
            ("shop.cards", s =>
            {
                s.Services.AddSingleton(new CardProvider(http));
                s.AddHandlers<CardHandlers>().Configure(o => o with { OutsideDeadline = TimeSpan.FromSeconds(10), OutsideConcurrency = 8 });
            }
        ));
        var start = await services["shop.order"].StartAsync<PurchaseSaga, Purchase>(purchase);
        return await services.EndAsync("shop.order", start.Id);
    }
}
