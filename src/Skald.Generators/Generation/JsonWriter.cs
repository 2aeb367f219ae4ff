using System.Globalization;
using System.Text;

namespace Skald.Generators.Generation;

/// <summary>Writes how types are written as JSON, in the form that System.Text.Json's own generator gives its metadata.</summary>
internal static class JsonWriter
{
    private const string Metadata = "global::System.Text.Json.Serialization.Metadata.";
    private const string AnyInstance = "global::System.Reflection.BindingFlags.Instance | global::System.Reflection.BindingFlags.Public | global::System.Reflection.BindingFlags.NonPublic";

    public static void Write(StringBuilder code, IReadOnlyList<JsonModel> types)
    {
        code.Append("""

                /// <summary>How the types of this assembly's messages and states are written as JSON.</summary>
                internal sealed class Json : global::System.Text.Json.Serialization.Metadata.IJsonTypeInfoResolver
                {
                    private static readonly global::System.Collections.Generic.Dictionary<global::System.Type, global::System.Func<global::System.Text.Json.JsonSerializerOptions, global::System.Text.Json.Serialization.Metadata.JsonTypeInfo>> Makers = new()
                    {

            """);
        for (var i = 0; i < types.Count; i++)
        {
            code.AppendLine($"            [typeof({types[i].Type})] = Make{i},");
        }

        code.Append("""
                    };

                    public global::System.Text.Json.Serialization.Metadata.JsonTypeInfo GetTypeInfo(global::System.Type type, global::System.Text.Json.JsonSerializerOptions options)
                    {
                        if (!Makers.TryGetValue(type, out var make))
                        {
                            return null;
                        }

                        var info = make(options);
                        info.OriginatingResolver = this;
                        // The options' own holds, not none.
                        info.NumberHandling = null;
                        return info;
                    }

                    private static global::System.Text.Json.Serialization.JsonConverter Converter(
                        global::System.Text.Json.Serialization.JsonConverter converter, global::System.Type type, global::System.Text.Json.JsonSerializerOptions options) =>
                        converter is global::System.Text.Json.Serialization.JsonConverterFactory factory ? factory.CreateConverter(type, options) : converter;

            """);
        for (var i = 0; i < types.Count; i++)
        {
            Write(code, types[i], i);
        }

        code.AppendLine("    }");
    }

    private static void Write(StringBuilder code, JsonModel type, int index)
    {
        code.AppendLine().Append($"        private static {Metadata}JsonTypeInfo Make{index}(global::System.Text.Json.JsonSerializerOptions options) => ");
        switch (type)
        {
            case JsonValueModel value:
                code.AppendLine($"{KnownTypes.Services}.CreateValueInfo<{type.Type}>(options, {value.Converter});");
                break;
            case JsonCollectionModel collection:
                code.AppendLine($"{collection.Make}(options, {KnownTypes.ValuesOf(collection)}{collection.Rest});");
                break;
            case JsonObjectModel model:
                WriteObject(code, model, index);
                break;
        }
    }

    private static void WriteObject(StringBuilder code, JsonObjectModel model, int index)
    {
        code.AppendLine($"{KnownTypes.Services}.CreateObjectInfo<{model.Type}>(options, new {Metadata}JsonObjectInfoValues<{model.Type}>");
        code.AppendLine("        {");
        if (model.Constructor is { } constructor)
        {
            WriteConstructor(code, model, constructor.Parameters, [.. model.Required]);
        }

        code.AppendLine($"            PropertyMetadataInitializer = _ => Properties{index}(options),");
        code.AppendLine("        });").AppendLine();
        code.AppendLine($"        private static {Metadata}JsonPropertyInfo[] Properties{index}(global::System.Text.Json.JsonSerializerOptions options)");
        code.AppendLine("        {").AppendLine($"            var properties = new {Metadata}JsonPropertyInfo[{model.Members.Count}];");
        for (var i = 0; i < model.Members.Count; i++)
        {
            WriteMember(code, model, model.Members[i], $"properties[{i}]", $"Set{index}_{i}");
        }

        code.AppendLine("            return properties;").AppendLine("        }");
        for (var i = 0; i < model.Members.Count; i++)
        {
            WriteAccess(code, model, model.Members[i], $"Set{index}_{i}");
        }
    }

    private static void WriteConstructor(StringBuilder code, JsonObjectModel model, EquatableArray<JsonParameter> constructor, List<JsonMember> given)
    {
        // One that is a parameter as well is one value.
        List<JsonMember> required = [.. given.Where(m => !constructor.Any(p => p.Is(m.Name, m.Type)))];
        var types = string.Join(", ", constructor.Select(p => $"typeof({p.Type})"));
        if (constructor.Count == 0 && given.Count == 0)
        {
            code.AppendLine($"            ObjectCreator = static () => new {model.Type}(),");
        }
        else
        {
            var arguments = string.Join(", ", constructor.Select((p, i) => $"({p.Type})given[{i}]"));
            var members = given.Count == 0 ? "" : $" {{ {string.Join(", ", given.Select(m => $"{Escaped(m.Name)} = ({m.Type})given[{PlaceOf(m, constructor, required)}]"))} }}";
            code.AppendLine($"            ObjectWithParameterizedConstructorCreator = static given => new {model.Type}({arguments}){members},");
            code.AppendLine($"            ConstructorParameterMetadataInitializer = static () => new {Metadata}JsonParameterInfoValues[]").AppendLine("            {");
            for (var i = 0; i < constructor.Count; i++)
            {
                var parameter = constructor[i];
                var unlessGiven = parameter.Default is { } value ? $"HasDefaultValue = true, DefaultValue = {value}, " : "";
                code.AppendLine($"                new() {{ Name = {Literals.Of(parameter.Name)}, ParameterType = typeof({parameter.Type}), Position = {i}, {unlessGiven}IsNullable = {Word(parameter.IsNullable)} }},");
            }

            for (var i = 0; i < required.Count; i++)
            {
                code.AppendLine($"                new() {{ Name = {Literals.Of(required[i].Name)}, ParameterType = typeof({required[i].Type}), Position = {constructor.Count + i}, IsMemberInitializer = true, IsNullable = {Word(required[i].IsNullable)} }},");
            }

            code.AppendLine("            },");
        }

        code.AppendLine($"            ConstructorAttributeProviderFactory = static () => typeof({model.Type}).GetConstructor({AnyInstance}, null, new global::System.Type[] {{ {types} }}, null),");
    }

    private static int PlaceOf(JsonMember member, EquatableArray<JsonParameter> constructor, List<JsonMember> required)
    {
        var place = constructor.ToList().FindIndex(p => p.Is(member.Name, member.Type));
        return place >= 0 ? place : constructor.Count + required.IndexOf(member);
    }

    private static void WriteMember(StringBuilder code, JsonObjectModel model, JsonMember member, string property, string setter)
    {
        var isIgnored = member.Ignore?.EndsWith(")1", StringComparison.Ordinal) == true;
        var instance = model.IsStruct ? $"((({model.Type})instance)" : $"((({member.DeclaringType})instance)";
        code.AppendLine($"            {property} = {KnownTypes.Services}.CreatePropertyInfo<{member.Type}>(options, new {Metadata}JsonPropertyInfoValues<{member.Type}>");
        code.AppendLine("            {");
        code.AppendLine($"                IsProperty = true, IsPublic = {Word(member.IsPublic)}, DeclaringType = typeof({member.DeclaringType}), PropertyName = {Literals.Of(member.Name)}, JsonPropertyName = {Literals.Of(member.JsonName)},");
        code.AppendLine($"                Getter = {(isIgnored || !member.HasGetter ? "null" : $"static instance => {instance}.{Escaped(member.Name)})")},");
        code.AppendLine($"                Setter = {(isIgnored ? "null" : Set(model, member, setter))},");
        code.AppendLine($"                IgnoreCondition = {member.Ignore ?? "null"}, HasJsonInclude = {Word(member.IsIncluded)}, NumberHandling = {member.Numbers ?? "null"}, IsExtensionData = {Word(member.IsExtension)},{(member.Converter is { } converter ? $" Converter = (global::System.Text.Json.Serialization.JsonConverter<{member.Type}>){converter}," : "")}");
        code.AppendLine($"                AttributeProviderFactory = static () => typeof({member.DeclaringType}).GetProperty({Literals.Of(member.Name)}, {AnyInstance}, null, typeof({member.Type}), global::System.Type.EmptyTypes, null),");
        code.AppendLine("            });");
        code.Append(member.IsRequired && !isIgnored ? $"            {property}.IsRequired = true;\n" : "");
        code.Append(member.Order == 0 ? "" : $"            {property}.Order = {member.Order.ToString(CultureInfo.InvariantCulture)};\n");
        code.Append(member.IsNullable || member.IsValueType ? "" : $"            {property}.IsGetNullable = false;\n" + (member.SetsAs == Setting.Nothing ? "" : $"            {property}.IsSetNullable = false;\n"));
    }

    private static string Set(JsonObjectModel model, JsonMember member, string setter)
    {
        var unboxed = $"global::System.Runtime.CompilerServices.Unsafe.Unbox<{model.Type}>(instance)";
        return member.SetsAs switch
        {
            Setting.Setter => $"static (instance, value) => {(model.IsStruct ? unboxed : $"(({member.DeclaringType})instance)")}.{Escaped(member.Name)} = value",
            Setting.Access => $"static (instance, value) => {setter}({(model.IsStruct ? "ref " + unboxed : $"({member.DeclaringType})instance")}, value)",
            _ => "null",
        };
    }

    /// <summary>A setter that C# does not let anybody call, such as that of init, called all the same, as reflection does.</summary>
    private static void WriteAccess(StringBuilder code, JsonObjectModel model, JsonMember member, string setter)
    {
        if (member.SetsAs == Setting.Access)
        {
            code.AppendLine().AppendLine($"        [global::System.Runtime.CompilerServices.UnsafeAccessor(global::System.Runtime.CompilerServices.UnsafeAccessorKind.Method, Name = {Literals.Of("set_" + member.Name)})]");
            code.AppendLine($"        private static extern void {setter}({(model.IsStruct ? "ref " : "")}{member.DeclaringType} instance, {member.Type} value);");
        }
    }

    private static string Word(bool value) => value ? "true" : "false";

    private static string Escaped(string name) => "@" + name;
}
