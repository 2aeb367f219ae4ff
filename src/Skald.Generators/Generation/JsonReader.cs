using Microsoft.CodeAnalysis;

namespace Skald.Generators.Generation;

/// <summary>
/// Reads how a type, and all that is in it, is written as JSON: as System.Text.Json's own reflection would. A type with what is not known here is left to that, or to a
/// context that the author gives.
/// </summary>
internal sealed class JsonReader(Compilation compilation)
{
    private readonly Dictionary<string, JsonModel?> _found = [];
    private readonly Queue<ITypeSymbol> _open = new();

    /// <summary>All types that are in one of these.</summary>
    public static EquatableArray<JsonModel> Read(IEnumerable<ITypeSymbol> roots, Compilation compilation)
    {
        var reader = new JsonReader(compilation);
        foreach (var root in roots)
        {
            reader._open.Enqueue(root);
        }

        while (reader._open.Count > 0)
        {
            reader.Add(reader._open.Dequeue());
        }

        return reader._found.Values.OfType<JsonModel>().OrderBy(m => m.Type, StringComparer.Ordinal).ToEquatable();
    }

    private void Add(ITypeSymbol type)
    {
        var name = type.Name();
        if (type.IsOpen() || !type.CanBeNamed(compilation) || _found.ContainsKey(name))
        {
            return;
        }

        _found[name] = null;
        _found[name] = Find(type, name);
    }

    private JsonModel? Find(ITypeSymbol type, string name)
    {
        if (type.Attribute(JsonAttributes.Converter) is { } given)
        {
            return JsonAttributes.ConverterOf(given, name, compilation) is { } converter ? new JsonValueModel(name, converter) : null;
        }

        if (JsonAttributes.HasUnknown(type))
        {
            return null;
        }

        if (KnownTypes.Converter(type) is { } known)
        {
            return new JsonValueModel(name, $"{KnownTypes.Services}.{known}");
        }

        if (type.TypeKind == TypeKind.Enum)
        {
            return new JsonValueModel(name, $"{KnownTypes.Services}.GetEnumConverter<{name}>(options)");
        }

        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T, TypeArguments: [var value] })
        {
            _open.Enqueue(value);
            return new JsonValueModel(name, $"{KnownTypes.Services}.GetNullableConverter<{value.Name()}>(options)");
        }

        if (KnownTypes.Collection(type, name) is { } collection)
        {
            foreach (var inside in type is IArrayTypeSymbol array ? [array.ElementType] : ((INamedTypeSymbol)type).TypeArguments)
            {
                _open.Enqueue(inside);
            }

            return collection;
        }

        return type is INamedTypeSymbol { TypeKind: TypeKind.Class or TypeKind.Struct, IsRefLikeType: false } named && !KnownTypes.IsSystem(named) && !KnownTypes.IsCollection(named) ? Object(named, name) : null;
    }

    private JsonObjectModel? Object(INamedTypeSymbol type, string name)
    {
        var members = new List<JsonMember>();
        var (isKnown, constructor) = Constructor(type);
        if (!isKnown)
        {
            return null;
        }

        List<IPropertySymbol> properties = [.. Properties(type)];
        foreach (var property in properties.Where(p => !(JsonAttributes.IsIgnored(p) && !p.Type.CanBeNamed(compilation))))
        {
            if (JsonAttributes.HasUnknown(property) || Member(property, constructor) is not { } member)
            {
                return null;
            }

            members.Add(member);
            if (!JsonAttributes.IsIgnored(property))
            {
                _open.Enqueue(property.Type);
            }
        }

        if (HasMore(type, constructor, members))
        {
            return null;
        }

        foreach (var derived in JsonAttributes.DerivedTypes(type))
        {
            _open.Enqueue(derived);
        }

        return new JsonObjectModel(name, type.IsValueType, constructor, members.ToEquatable());
    }

    /// <summary>Whether a type has what is not written here: fields for JSON, members that hide others, and required ones that are no members for JSON.</summary>
    private static bool HasMore(INamedTypeSymbol type, JsonConstructor? constructor, List<JsonMember> members)
    {
        List<IPropertySymbol> all = [.. type.AndBases().SelectMany(level => level.GetMembers()).OfType<IPropertySymbol>().Where(p => p is { IsStatic: false, IsIndexer: false })];
        var hides = all.Where(p => p is { IsOverride: false, ExplicitInterfaceImplementations.IsEmpty: true }).GroupBy(p => p.Name).Any(same => same.Count() > 1);
        var required = all.Where(p => p.IsRequired).Select(p => p.Name).Concat(Fields(type).Where(f => f.IsRequired).Select(f => f.Name));
        return hides || Fields(type).Any(field => field.Attribute(JsonAttributes.Include) is not null)
            || (constructor is { SetsRequired: false } && required.Except(members.Where(m => m.MustBeGiven).Select(m => m.Name)).Any());
    }

    private static IEnumerable<IFieldSymbol> Fields(INamedTypeSymbol type) => type.AndBases().SelectMany(level => level.GetMembers()).OfType<IFieldSymbol>();

    /// <summary>A derived type's own come first.</summary>
    private static IEnumerable<IPropertySymbol> Properties(INamedTypeSymbol type)
    {
        var seen = new HashSet<string>();
        foreach (var property in type.AndBases().SelectMany(level => level.GetMembers()).OfType<IPropertySymbol>())
        {
            var included = property.Attribute(JsonAttributes.Include) is not null;
            var isVisible = property.GetMethod?.DeclaredAccessibility == Accessibility.Public || property.SetMethod?.DeclaredAccessibility == Accessibility.Public;
            if (property is { IsStatic: false, IsIndexer: false } && (isVisible || included) && !property.ExplicitInterfaceImplementations.Any() && seen.Add(property.Name))
            {
                yield return property;
            }
        }
    }

    private JsonMember? Member(IPropertySymbol property, JsonConstructor? constructor)
    {
        var (get, set) = (property.GetMethod, property.SetMethod);
        var included = property.Attribute(JsonAttributes.Include) is not null;
        var given = property.Attribute(JsonAttributes.Converter);
        var converter = given is null ? null : JsonAttributes.ConverterOf(given, property.Type.Name(), compilation);
        var getsPublicly = get?.DeclaredAccessibility == Accessibility.Public;
        var sets = set is null || !(included || set.DeclaredAccessibility == Accessibility.Public) ? Setting.Nothing
            : set.IsInitOnly || set.DeclaredAccessibility != Accessibility.Public ? Setting.Access : Setting.Setter;
        if (sets == Setting.Access && property.ContainingType.IsGenericType && (constructor?.Parameters.Any(p => p.Is(property.Name, property.Type.Name())) ?? false))
        {
            // The constructor sets it; the setter of a generic type cannot be named.
            sets = Setting.Nothing;
        }

        var isRequired = property.IsRequired && constructor is not { SetsRequired: true };
        // What a reference does not show: private members of another assembly.
        var isHidden = included && (get is null || set is null) && !SymbolEqualityComparer.Default.Equals(property.ContainingAssembly, compilation.Assembly);
        // A getter that only reflection may call, and such a setter: not written here.
        return isHidden || JsonAttributes.IsForbidden(property) || !property.Type.CanBeNamed(compilation) || (included && !getsPublicly) || (property.ContainingType.IsGenericType && sets == Setting.Access) || (given is not null && (converter is null || property.Type.OriginalDefinition.SpecialType == SpecialType.System_Nullable_T)) ? null
            : new JsonMember(
                property.Name, property.ContainingType.Name(), property.Type.Name(), JsonAttributes.NameOf(property), JsonAttributes.IgnoreOf(property), converter,
                JsonAttributes.OrderOf(property), isRequired || property.Attribute(JsonAttributes.Required) is not null, included, property.DeclaredAccessibility == Accessibility.Public,
                getsPublicly, MayBeNull(property.Type), property.Type.IsValueType, sets, JsonAttributes.NumbersOf(property), JsonAttributes.IsExtension(property),
                isRequired && constructor is not null && compilation.IsSymbolAccessibleWithin((ISymbol?)set ?? property, compilation.Assembly));
    }

    /// <returns>False for a constructor that only reflection may call; no constructor for a type that has none to use.</returns>
    private (bool IsKnown, JsonConstructor? Used) Constructor(INamedTypeSymbol type)
    {
        if (type.IsAbstract)
        {
            return (true, null);
        }

        var marked = type.InstanceConstructors.Where(c => c.Attribute(JsonAttributes.Constructor) is not null).ToList();
        var usable = type.InstanceConstructors.Where(c => c.DeclaredAccessibility == Accessibility.Public).ToList();
        var chosen = marked.FirstOrDefault() ?? usable.FirstOrDefault(c => c.Parameters.Length == 0) ?? (usable.Count == 1 && !type.IsValueType ? usable[0] : null);
        if (chosen is null)
        {
            return (true, null);
        }

        var parameters = chosen.Parameters.Select(p => new JsonParameter(p.Name, p.Type.Name(), MayBeNull(p.Type), p.HasExplicitDefaultValue ? Literals.Of(p.ExplicitDefaultValue, p.Type) : null)).ToEquatable();
        return marked.Count > 1 || chosen.DeclaredAccessibility != Accessibility.Public || JsonAttributes.IsForbidden(chosen) || chosen.Parameters.Any(p => p.RefKind != RefKind.None || !p.Type.CanBeNamed(compilation))
            ? (false, null)
            : (true, new JsonConstructor(parameters, chosen.Attribute(JsonAttributes.SetsRequired) is not null));
    }

    private static bool MayBeNull(ITypeSymbol type) => type.IsValueType ? type.OriginalDefinition.SpecialType == SpecialType.System_Nullable_T : type.NullableAnnotation != NullableAnnotation.NotAnnotated;
}
