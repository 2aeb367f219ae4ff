using Skald;

namespace Storefront.Payments;

/// <summary>How many invoices a list shows.</summary>
internal static class Limit
{
    public static VerbParameter Parameter { get; } = VerbParameter.Optional("limit", "How many at most.", 50);

    public static int Of(VerbContext verb) => verb.Get<int>("limit") is var limit and > 0
        ? limit
        : throw new RefusedException($"--limit takes 1 or more, not {verb.Get<int>("limit")}.");
}
