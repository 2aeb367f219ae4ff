using System.Text.Json.Nodes;
using Skald.Messaging;

namespace Skald.AsyncApi;

/// <summary>The messages of a document, each once, with the traits they share.</summary>
internal sealed class Messages(Schemas schemas, WireDescription? wire)
{
    private readonly Keys _keys = new();
    private readonly SortedDictionary<string, JsonObject> _messages = new(StringComparer.Ordinal);
    private readonly SortedSet<MessageKind> _kinds = [];

    public string Command(MessageContract contract) =>
        Add(MessageKind.Command, contract.Name, contract.Type, Texts.Title(contract.Type));

    public string Event(MessageContract contract) =>
        Add(MessageKind.Event, contract.Name, contract.Type, Texts.Title(contract.Type));

    /// <summary>The reply of a command: commands have both.</summary>
    public string Reply(MessageContract contract) => contract.ReplyType == typeof(Done)
        ? Add(MessageKind.Reply, contract.ReplyName!, typeof(Done), $"{Texts.Title(contract.Type)}: done")
        : Add(MessageKind.Reply, contract.ReplyName!, contract.ReplyType!, Texts.Title(contract.ReplyType!));

    /// <summary>The refusal of a command.</summary>
    public string Refusal(MessageContract contract, Type type) =>
        Add(MessageKind.Refusal, contract.RefusalName!, type, $"{Texts.Title(contract.Type)}: refused");

    public JsonObject Write() => Json.Object(_messages);

    public JsonObject WriteTraits() => Json.Object(_kinds.Select(kind => KeyValuePair.Create(Traits.Word(kind), Traits.Of(kind, wire, schemas))));

    private string Add(MessageKind kind, string name, Type payload, string title)
    {
        var key = _keys.For(name, (kind, payload));
        if (_messages.ContainsKey(key))
        {
            return key;
        }

        _kinds.Add(kind);
        var message = new JsonObject { ["name"] = name, ["title"] = title };
        Json.Set(message, "summary", Texts.Of(payload));
        message["contentType"] = "application/json";
        message["traits"] = new JsonArray(Json.Reference("#/components/messageTraits/" + Traits.Word(kind)));
        message["payload"] = schemas.Reference(payload);
        Json.Bind(message, wire, wire?.MessageBinding(name));
        _messages[key] = message;
        return key;
    }
}
