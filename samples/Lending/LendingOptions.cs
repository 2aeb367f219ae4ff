using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Lending;

/// <summary>The section <c>Lending</c> of the settings: in <c>appsettings.json</c>, as <c>Lending__Deposit=3</c>, or as <c>--Lending:Deposit=3</c>.</summary>
public sealed class LendingOptions
{
    /// <summary>What a reader leaves for a book.</summary>
    /// <value>0 to 100; 5 unless set.</value>
    [Range(0d, 100d)]
    public decimal Deposit { get; set; } = 5;
}

[OptionsValidator]
internal sealed partial class LendingOptionsValidator : IValidateOptions<LendingOptions>;
