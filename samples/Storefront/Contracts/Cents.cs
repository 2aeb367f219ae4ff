namespace Storefront;

/// <summary>Amounts as whole cents, which every database keeps exactly.</summary>
public static class Cents
{
    /// <summary>An amount in cents.</summary>
    public static long From(decimal amount) => decimal.ToInt64(amount * 100);

    /// <summary>The amount. Dividing leaves no needless zeros: 1000 becomes 10, 1050 becomes 10.5.</summary>
    public static decimal ToAmount(long cents) => cents / 100m;
}
