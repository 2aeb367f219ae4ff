using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Skald.Messaging;

/// <summary>
/// Bodies as JSON. The wire carries logical names only; which C# type is read is the receiver's choice. Give
/// source-generated contexts in the options to avoid reflection.
/// </summary>
public sealed class MessageSerializer
{
    /// <summary>The largest body that is read, in bytes.</summary>
    public const int MaxBodyBytes = 1 << 20;

    private readonly JsonSerializerOptions _options;

    /// <summary>A serializer.</summary>
    /// <param name="resolvers">Source-generated contexts, asked first.</param>
    public MessageSerializer(IEnumerable<IJsonTypeInfoResolver>? resolvers = null)
    {
        _options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            MaxDepth = 32,
            AllowDuplicateProperties = false,
            TypeInfoResolver = JsonTypeInfoResolver.Combine([.. resolvers ?? [], new DefaultJsonTypeInfoResolver()]),
        };
        _options.MakeReadOnly();
    }

    /// <summary>The options in use.</summary>
    public JsonSerializerOptions Options => _options;

    /// <summary>Writes a value as its runtime type.</summary>
    /// <exception cref="InvalidOperationException">It is larger than <see cref="MaxBodyBytes"/>; nothing is sent.</exception>
    public byte[] Write(object value)
    {
        var bytes = WriteAnySize(value);
        return bytes.Length <= MaxBodyBytes
            ? bytes
            : throw new InvalidOperationException($"{value.GetType().Name} takes {bytes.Length} bytes as JSON; at most {MaxBodyBytes} may travel. Send a reference instead.");
    }

    /// <summary>Writes a value as its runtime type, however large it gets.</summary>
    internal byte[] WriteAnySize(object value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return JsonSerializer.SerializeToUtf8Bytes(value, _options.GetTypeInfo(value.GetType()));
    }

    /// <summary>Reads a value.</summary>
    /// <exception cref="JsonException">It is not one: too large, too deep, malformed, or null.</exception>
    public object Read(ReadOnlySpan<byte> json, Type type)
    {
        if (json.Length > MaxBodyBytes)
        {
            throw new JsonException($"The body has {json.Length} bytes; at most {MaxBodyBytes} are read.");
        }

        return JsonSerializer.Deserialize(json, _options.GetTypeInfo(type)) ?? throw new JsonException($"The body is null; a {type.Name} was expected.");
    }
}
