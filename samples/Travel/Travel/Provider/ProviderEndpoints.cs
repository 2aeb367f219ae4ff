namespace Travel.Provider;

public sealed record PaymentRequest(string Trip, int Amount);

/// <summary>A bank for trying it out, which takes its time. A real one is somebody else's, and knows nothing of trips.</summary>
public static class ProviderEndpoints
{
    public static void MapProvider(this WebApplication app)
    {
        var takes = app.Configuration.GetValue<TimeSpan>("Provider:Takes") / 2;
        var ledger = new Ledger(app.Configuration["Provider:File"]!);
        ledger.Create();
        var payments = app.MapGroup("/provider/payments");
        payments.MapGet("/", ledger.Payments);
        payments.MapPut("/{key}", async (string key, PaymentRequest request) =>
        {
            await Task.Delay(takes);
            var status = ledger.Charge(key, request.Trip, request.Amount);
            await Task.Delay(takes);
            return status == "charged"
                ? Results.Ok(new { status, receipt = $"R-{request.Trip}" })
                : Results.Json(new { status }, statusCode: StatusCodes.Status402PaymentRequired);
        });
        payments.MapDelete("/{key}", (string key) =>
        {
            ledger.Refund(key);
            return Results.NoContent();
        });
    }
}
