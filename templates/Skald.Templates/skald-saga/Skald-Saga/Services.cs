namespace Skald_Saga;

/// <summary>The names under which the services find each other.</summary>
public static class Services
{
    public const string Order = "saga-system.order";
    public const string Stock = "saga-system.stock";
    public const string Payment = "saga-system.payment";
}
