using Skald;

namespace Travel.Payments;

public static class PaymentService
{
    public static IHostApplicationBuilder AddPayments(this IHostApplicationBuilder builder, AddressBook addresses)
    {
        builder.Services.AddHttpClient<PaymentProvider>(http => http.BaseAddress = builder.Configuration.GetValue<Uri>("Payments:Provider"));
        return builder.AddSkald(Services.Payments, addresses, payments => payments.AddHandlers<PaymentHandlers>());
    }
}
