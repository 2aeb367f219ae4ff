using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Skald;

/// <summary>
/// Reads a body as a type. What is of another kind than its member is left out, so that the member's own rules say what it must be, and whoever sent it learns of
/// everything at once. Names count as they are written, and a text is no number.
/// </summary>
internal static class JsonBody
{
    private static readonly ConditionalWeakTable<JsonSerializerOptions, JsonSerializerOptions> Strict = [];

    /// <exception cref="JsonException">An element of a list is of another kind.</exception>
    public static TBody Read<TBody>(JsonElement body, JsonSerializerOptions options) where TBody : class
    {
        options = Strict.GetValue(options, static o => new JsonSerializerOptions(o) { PropertyNameCaseInsensitive = false, NumberHandling = JsonNumberHandling.Strict });
        var type = (JsonTypeInfo<TBody>)options.GetTypeInfo(typeof(TBody));
        var fitting = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(fitting))
        {
            Write(writer, body, type);
        }

        // What is written is an object, whatever came.
        return JsonSerializer.Deserialize(fitting.WrittenSpan, type)!;
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value, JsonTypeInfo type)
    {
        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object when value.ValueKind != JsonValueKind.Null:
                WriteObject(writer, value, type);
                break;
            case JsonTypeInfoKind.Enumerable when type.ElementType is { } elements && value.ValueKind == JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var element in value.EnumerateArray())
                {
                    var known = type.Options.GetTypeInfo(elements);
                    if (known.Kind == JsonTypeInfoKind.Object)
                    {
                        // Whatever it is: what it lacks is named by its rules.
                        WriteObject(writer, element, known);
                    }
                    else if (Fits(element, known))
                    {
                        Write(writer, element, known);
                    }
                    else
                    {
                        // A list keeps its places: whoever reads it says what is wrong.
                        element.WriteTo(writer);
                    }
                }

                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static void WriteObject(Utf8JsonWriter writer, JsonElement value, JsonTypeInfo type)
    {
        writer.WriteStartObject();
        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in value.EnumerateObject())
            {
                if (type.Properties.FirstOrDefault(p => p.Name == member.Name) is not { } property)
                {
                    member.WriteTo(writer);
                }
                else if (type.Options.GetTypeInfo(property.PropertyType) is var known && Fits(member.Value, known))
                {
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value, known);
                }
            }
        }

        writer.WriteEndObject();
    }

    private static bool Fits(JsonElement value, JsonTypeInfo type) => value.ValueKind == JsonValueKind.Null ? MayBeNull(type.Type) : type.Kind switch
    {
        JsonTypeInfoKind.Object => value.ValueKind == JsonValueKind.Object,
        JsonTypeInfoKind.Enumerable => value.ValueKind == JsonValueKind.Array,
        _ => CanBeRead(value, type),
    };

    private static bool MayBeNull(Type type) => !type.IsValueType || Nullable.GetUnderlyingType(type) is not null;

    private static bool CanBeRead(JsonElement value, JsonTypeInfo type)
    {
        try
        {
            return value.Deserialize(type) is not null;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
