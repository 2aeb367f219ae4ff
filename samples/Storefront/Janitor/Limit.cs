using Skald;

namespace Storefront.Janitor;

/// <summary>How many cancellations a list shows.</summary>
internal static class Limit
{
    public static VerbParameter Parameter { get; } = VerbParameter.Optional("limit", "How many at most.", 50);

    public static int Of(VerbContext verb) => verb.Get<int>("limit") is var limit and > 0 and <= 1000
        ? limit
        : throw new RefusedException($"--limit takes 1 to 1000, not {verb.Get<int>("limit")}.");
}
