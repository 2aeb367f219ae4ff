using System.Globalization;

namespace Skald;

/// <summary>A value that a verb takes, by name or by position.</summary>
public sealed class VerbParameter
{
    private VerbParameter(string name, string description, bool required, object? defaultValue, Type type, Func<string, object?> read) =>
        (Name, Description, IsRequired, Default, Type, Read) = (name, description, required, defaultValue, type, read);

    /// <summary>Its name with underscores, such as <c>reference_no</c>.</summary>
    public string Name { get; }

    /// <summary>One sentence for <c>--help</c>.</summary>
    public string Description { get; }

    /// <summary>Whether it must be given.</summary>
    public bool IsRequired { get; }

    /// <summary>Its value when it is not given.</summary>
    public object? Default { get; }

    /// <summary>The type of its value.</summary>
    public Type Type { get; }

    /// <summary>Reads what was typed; null when it is not of the type.</summary>
    internal Func<string, object?> Read { get; }

    /// <summary>A value that must be given.</summary>
    /// <typeparam name="T">Its type, such as string, int, decimal or bool.</typeparam>
    public static VerbParameter Required<T>(string name, string description) where T : IParsable<T> =>
        new(name, description, required: true, null, typeof(T), Parse<T>);

    /// <summary>A value that may be left out.</summary>
    /// <typeparam name="T">Its type, such as string, int, decimal or bool.</typeparam>
    public static VerbParameter Optional<T>(string name, string description, T? defaultValue = default) where T : IParsable<T> =>
        new(name, description, required: false, defaultValue, typeof(T), Parse<T>);

    private static object? Parse<T>(string text) where T : IParsable<T> =>
        T.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : null;
}
