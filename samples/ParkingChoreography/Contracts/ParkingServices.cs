using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Skald;

namespace ParkingChoreography.Contracts;

/// <summary>What every service of the parking adds.</summary>
public static class ParkingServices
{
    /// <summary>Takes part in the booking's flow.</summary>
    public static SkaldBuilder AddBookingFlow(this SkaldBuilder skald)
    {
        ArgumentNullException.ThrowIfNull(skald);
        skald.Services.AddOptions<BookingTimes>().BindConfiguration("").ValidateOnStart();
        skald.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<BookingTimes>, BookingTimesValidator>());
        return skald.AddFlow<BookingFlow>();
    }
}
