using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Skald;

namespace Storefront;

/// <summary>How long each service may take before an order counts as stuck, from the host's settings.</summary>
public sealed class StepDeadline
{
    /// <summary>Seconds; what the frontend is told counts.</summary>
    /// <value>0.1 to 86,400; 30 unless set.</value>
    [ConfigurationKeyName("STOREFRONT_DEADLINE_SECONDS"), Range(0.1, 86_400d, ErrorMessage = "STOREFRONT_DEADLINE_SECONDS must be {1} to {2}.")]
    public double Seconds { get; set; } = 30;

    internal TimeSpan Time => TimeSpan.FromSeconds(Seconds);
}

[OptionsValidator]
internal sealed partial class StepDeadlineValidator : IValidateOptions<StepDeadline>;

/// <summary>What every service of the storefront adds.</summary>
public static class StorefrontServices
{
    /// <summary>Takes part in the order's flow.</summary>
    public static SkaldBuilder AddOrderFlow(this SkaldBuilder skald)
    {
        ArgumentNullException.ThrowIfNull(skald);
        skald.Services.AddOptions<StepDeadline>().BindConfiguration("").ValidateOnStart();
        skald.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<StepDeadline>, StepDeadlineValidator>());
        return skald.AddFlow<OrderFlow>();
    }
}
