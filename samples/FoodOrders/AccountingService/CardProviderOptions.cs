using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace FoodOrders.Accounting;

/// <summary>Where the card provider is, from the host's settings.</summary>
public sealed class CardProviderOptions : IValidatableObject
{
    /// <summary>Its address when it is elsewhere, such as <c>http://127.0.0.1:5090</c>; none when it is hosted here.</summary>
    [ConfigurationKeyName("FOOD_ORDERS_CARD_PROVIDER")]
    public string? Address { get; set; }

    /// <summary>The address, to which paths are added; null when it is hosted here.</summary>
    public Uri? Elsewhere => string.IsNullOrEmpty(Address) ? null : new Uri(Address.TrimEnd('/') + "/");

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!string.IsNullOrEmpty(Address) && !(Uri.TryCreate(Address.TrimEnd('/') + "/", UriKind.Absolute, out var address) && address.Scheme is "http" or "https"))
        {
            yield return new ValidationResult($"FOOD_ORDERS_CARD_PROVIDER is '{Address}'; it must be an address such as http://127.0.0.1:5090.", [nameof(Address)]);
        }
    }
}

[OptionsValidator]
internal sealed partial class CardProviderOptionsValidator : IValidateOptions<CardProviderOptions>;
