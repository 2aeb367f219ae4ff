using Dapper;
using Skald;

namespace Skald_Service;

/// <summary>How much there is of a product.</summary>
public sealed record StockView(string Product, int Quantity);

/// <summary>Reads the service's own tables.</summary>
public static class StockEndpoints
{
    public static void MapStock(this IEndpointRouteBuilder routes, SkaldService service) =>
        routes.MapGet("/stock/{product}", (string product, CancellationToken cancellationToken) => FindAsync(product, service, cancellationToken));

    private static async Task<IResult> FindAsync(string product, SkaldService service, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        var quantity = await connection.ExecuteScalarAsync<int?>("SELECT quantity FROM stock WHERE product = @product", new { product });
        return quantity is { } left
            ? Results.Ok(new StockView(product, left))
            : Results.Problem(statusCode: StatusCodes.Status404NotFound, title: $"There is no product '{product}'.");
    }
}
