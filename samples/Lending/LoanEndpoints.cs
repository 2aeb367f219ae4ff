using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Microsoft.Extensions.Validation;
using Skald;

namespace Lending;

/// <summary>The body of <c>POST /loans</c>.</summary>
[ValidatableType]
public sealed record LoanRequest
{
    /// <summary>The book.</summary>
    [Required, StringLength(200)]
    public string? Title { get; init; }

    /// <summary>Who borrows it.</summary>
    [Required, StringLength(200)]
    public string? Reader { get; init; }
}

/// <summary>A loan as callers see it.</summary>
public sealed record LoanView(Guid Id, string Status, string Title, string Reader, decimal Deposit, string? Failure);

/// <summary>Borrow a book; look at a loan.</summary>
internal static class LoanEndpoints
{
    public static void MapLoans(this IEndpointRouteBuilder routes)
    {
        var desk = routes.ServiceProvider.GetRequiredKeyedService<SkaldService>("lending.desk");

        // A caller that got no answer repeats the request with the same Idempotency-Key header, and one book is lent.
        routes.MapIdempotentPost<LoanRequest>("/loans", (request, loan) => LendAsync(request, loan, desk));
        routes.MapGet("/loans/{id:guid}", (Guid id, CancellationToken cancellationToken) => FindAsync(id, desk, cancellationToken));
    }

    private static async Task<IResult> LendAsync(IdempotentRequest request, LoanRequest loan, SkaldService desk)
    {
        // Its rules are kept: both are there.
        var start = await desk.StartAsync<LendBookSaga, Loan>(new Loan(loan.Title!, loan.Reader!), request.StartOptions, request.Http.RequestAborted);
        return TypedResults.Accepted($"{request.Http.Request.PathBase}/loans/{start.Id}", View(start.Id, SagaStatus.Running, start.State, failure: null));
    }

    private static async Task<IResult> FindAsync(Guid id, SkaldService desk, CancellationToken cancellationToken) =>
        await desk.FindSagaAsync(new SagaId(id), cancellationToken) is { } saga
            ? TypedResults.Ok(View(saga.Id, saga.Status, saga.State.Deserialize(LendingJson.Default.Loan)!, saga.Failure?.Message)) // It is what the saga stored.
            : TypedResults.Problem($"There is no loan {id}.", statusCode: StatusCodes.Status404NotFound);

    private static LoanView View(SagaId id, SagaStatus status, Loan loan, string? failure) => new(id.Value, status.Word(), loan.Title, loan.Reader, loan.Deposit, failure);
}
