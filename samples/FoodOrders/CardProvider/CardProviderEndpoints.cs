using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FoodOrders.CardProvider;

/// <summary>The provider's HTTP interface.</summary>
public static class CardProviderEndpoints
{
    /// <summary>The name under which the list of authorizations is found by whoever hosts the provider.</summary>
    public const string ListName = "card-provider";

    /// <summary>Adds what reads and checks the bodies that callers send.</summary>
    public static IServiceCollection AddCardProvider(this IServiceCollection services) => services
        .ConfigureHttpJsonOptions(o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, CardProviderJson.Default))
        .AddValidation();

    /// <summary>Maps it.</summary>
    public static void MapCardProvider(this IEndpointRouteBuilder routes, CardLedger ledger)
    {
        routes.MapGet("/authorizations", () => ledger.All()).WithName(ListName);
        routes.MapGet("/behaviour", () => ledger.Behaviour);
        routes.MapPut("/behaviour", (ProviderBehaviour behaviour) => ledger.Behaviour = behaviour);
        routes.MapPost("/authorizations/{key:guid}", (Guid key, AuthorizationRequest request, CancellationToken cancellationToken) =>
            AnswerAsync(ledger, () => ledger.AuthorizeAsync(key.ToString(), request.CardId, request.Amount, cancellationToken), cancellationToken));
        routes.MapPost("/authorizations/{key:guid}/reverse", (Guid key, CancellationToken cancellationToken) =>
            AnswerAsync(ledger, () => ledger.ReverseAsync(key.ToString(), cancellationToken), cancellationToken));
    }

    private static async Task<IResult> AnswerAsync(CardLedger ledger, Func<Task<CardAuthorization>> act, CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(ledger.Behaviour.DelayMs), TimeProvider.System, cancellationToken);
        if (ledger.TakeFailure(b => b.FailNext, b => b with { FailNext = b.FailNext - 1 }))
        {
            return Results.Problem("The card provider is told to fail.", statusCode: StatusCodes.Status500InternalServerError);
        }

        if (ledger.Behaviour.AnswerTwice)
        {
            await act();
        }

        var authorization = await act();
        return ledger.TakeFailure(b => b.LoseNext, b => b with { LoseNext = b.LoseNext - 1 })
            ? Results.Problem("The card provider is told to lose its answer.", statusCode: StatusCodes.Status500InternalServerError)
            : Results.Ok(authorization);
    }
}

/// <summary>Asks for money to be set aside.</summary>
internal sealed record AuthorizationRequest(long CardId, decimal Amount);
