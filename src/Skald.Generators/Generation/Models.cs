namespace Skald.Generators.Generation;

/// <summary>A message's contract. Types are written as C# writes them from anywhere; null is a name that nobody gave.</summary>
internal sealed record MessageModel(string Type, string Name, string? To, string? ReplyName, string? RefusalName, string? ReplyType, string? Topic);

/// <summary>A class of handlers, with a line of code for each.</summary>
internal sealed record HandlersModel(string Type, EquatableArray<string> Calls);

/// <summary>A type that is written as JSON.</summary>
internal abstract record JsonModel(string Type);

/// <summary>One for which System.Text.Json has, or the author gave, a converter.</summary>
/// <param name="Type">The type.</param>
/// <param name="Converter">Code that gives the converter; the options are at hand.</param>
internal sealed record JsonValueModel(string Type, string Converter) : JsonModel(Type);

/// <summary>One that is written as a list or a dictionary.</summary>
/// <param name="Type">The type.</param>
/// <param name="Make">The call that describes it, up to the options.</param>
/// <param name="Creator">Code that makes an empty one; null where System.Text.Json knows.</param>
/// <param name="Rest">Further arguments; empty for none.</param>
internal sealed record JsonCollectionModel(string Type, string Make, string? Creator, string Rest) : JsonModel(Type);

/// <summary>One that is written as an object.</summary>
/// <param name="Type">The type.</param>
/// <param name="IsStruct">Whether it is a value type.</param>
/// <param name="Constructor">The constructor that is used; null where there is none to use.</param>
/// <param name="Members">What is written, in that order.</param>
internal sealed record JsonObjectModel(string Type, bool IsStruct, JsonConstructor? Constructor, EquatableArray<JsonMember> Members) : JsonModel(Type)
{
    /// <summary>Members that a new object must be given, after the constructor's parameters.</summary>
    public IEnumerable<JsonMember> Required => Members.Where(m => m.MustBeGiven);
}

/// <summary>A parameter of a constructor.</summary>
internal sealed record JsonParameter(string Name, string Type, bool IsNullable, string? Default)
{
    /// <summary>Whether it and a member of that name are one value to System.Text.Json.</summary>
    public bool Is(string member, string type) => Name.Equals(member, StringComparison.OrdinalIgnoreCase) && Type == type;
}

/// <summary>The constructor that is used.</summary>
/// <param name="Parameters">Its parameters.</param>
/// <param name="SetsRequired">Whether it says that it sets what is required.</param>
internal sealed record JsonConstructor(EquatableArray<JsonParameter> Parameters, bool SetsRequired);

/// <summary>How a member gets its value after the object is made.</summary>
internal enum Setting
{
    /// <summary>Not at all.</summary>
    Nothing,

    /// <summary>By its setter.</summary>
    Setter,

    /// <summary>By its setter, which C# lets nobody call then or from there.</summary>
    Access,
}

/// <summary>A property.</summary>
internal sealed record JsonMember(
    string Name, string DeclaringType, string Type, string? JsonName, string? Ignore, string? Converter, int Order, bool IsRequired, bool IsIncluded, bool IsPublic, bool HasGetter, bool IsNullable, bool IsValueType, Setting SetsAs,
    string? Numbers, bool IsExtension, bool MustBeGiven);
