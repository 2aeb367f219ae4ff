namespace Travel.Provider;

public sealed record PaymentRequest(string Trip, int Amount);

/// <summary>A bank for trying it out. A real one is somebody else's, and knows nothing of trips.</summary>
public static class ProviderEndpoints
{
    public static void MapProvider(this WebApplication app)
    {
        var ledger = new Ledger(app.Configuration["Provider:File"]!);
        ledger.Create();
        var payments = app.MapGroup("/provider/payments");
        payments.MapGet("/", ledger.Payments);
        payments.MapPut("/{key}", (string key, PaymentRequest request) => ledger.Charge(key, request.Trip, request.Amount) switch
        {
            "charged" => Results.Ok(new { status = "charged", receipt = $"R-{request.Trip}" }),
            var status => Results.Json(new { status }, statusCode: StatusCodes.Status402PaymentRequired),
        });
        payments.MapDelete("/{key}", (string key) =>
        {
            ledger.Refund(key);
            return Results.NoContent();
        });
    }
}
