using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Skald.Diagnostics;
using Skald.Messaging.Generated;

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
    /// <param name="resolvers">Source-generated contexts, asked first; then what <c>Skald.Generators</c> wrote; then reflection, where the program has it.</param>
    public MessageSerializer(IEnumerable<IJsonTypeInfoResolver>? resolvers = null)
    {
        _options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            MaxDepth = 32,
            AllowDuplicateProperties = false,
            TypeInfoResolver = JsonTypeInfoResolver.Combine([.. resolvers ?? [], GeneratedCode.Json, EngineJson.Default, .. Reflection()]),
        };
        _options.MakeReadOnly();
        RoundTrip = new RoundTrip(_options);
        Redaction = new Redaction(_options);
    }

    /// <summary>The options in use.</summary>
    public JsonSerializerOptions Options => _options;

    /// <summary>Whether what is written comes back.</summary>
    internal RoundTrip RoundTrip { get; }

    /// <summary>What of a value is shown.</summary>
    internal Redaction Redaction { get; }

    /// <summary>Writes a value so that it is read back as the same.</summary>
    /// <param name="value">The value.</param>
    /// <param name="declared">The type as which it will be read; the value's own type when null.</param>
    /// <exception cref="SagaDefinitionException">A member of its type would not come back; nothing is written.</exception>
    /// <exception cref="InvalidOperationException">
    /// It is larger than <see cref="MaxBodyBytes"/>, or of a type that <paramref name="declared"/> does not tell from itself; nothing is sent.
    /// </exception>
    public byte[] Write(object value, Type? declared = null)
    {
        var bytes = WriteAnySize(value, declared);
        return bytes.Length <= MaxBodyBytes
            ? bytes
            : throw new InvalidOperationException($"{value.GetType().Name} takes {bytes.Length} bytes as JSON; at most {MaxBodyBytes} may travel. Send a reference instead.");
    }

    /// <summary>The same, however large it gets.</summary>
    internal byte[] WriteAnySize(object value, Type? declared = null)
    {
        ArgumentNullException.ThrowIfNull(value);
        var type = declared is null || declared == value.GetType() ? value.GetType() : Wider(declared, value.GetType());
        RoundTrip.Demand(type);
        return JsonSerializer.SerializeToUtf8Bytes(value, _options.GetTypeInfo(type));
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

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "A program that is trimmed has no reflection of JSON unless it asks for it.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "As above.")]
    private static IEnumerable<IJsonTypeInfoResolver> Reflection() => JsonSerializer.IsReflectionEnabledByDefault ? [new DefaultJsonTypeInfoResolver()] : [];

    /// <summary>Only a polymorphic type, or one with a converter of its own, writes down which of its cases a value is.</summary>
    private Type Wider(Type declared, Type type)
    {
        var info = _options.GetTypeInfo(declared);
        return info.PolymorphismOptions is not null || JsonShape.IsCustom(info.Converter)
            ? declared
            : throw new InvalidOperationException(ErrorCodes.WiderThanDeclared(type, declared));
    }
}

/// <summary>The messages that are the engine's own.</summary>
[JsonSerializable(typeof(Refusal))]
[JsonSerializable(typeof(Done))]
internal sealed partial class EngineJson : JsonSerializerContext;
