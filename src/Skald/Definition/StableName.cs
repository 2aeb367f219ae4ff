namespace Skald.Definition;

internal static class StableName
{
    /// <summary>A class name in kebab case, without its suffix: <c>CreateOrderSaga</c> becomes <c>create-order</c>.</summary>
    public static string Of(string typeName, string suffix)
    {
        var name = typeName.EndsWith(suffix, StringComparison.Ordinal) && typeName != suffix ? typeName[..^suffix.Length] : typeName;
        return string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "-") + char.ToLowerInvariant(c) : c.ToString()));
    }
}
