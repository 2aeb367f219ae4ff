using System.Text.Json;
using System.Text.Json.Nodes;
using Skald.Messaging;

namespace Skald.AsyncApi;

/// <summary>Turns a service's description into an AsyncAPI 3.0 document. Every section is sorted by its keys.</summary>
internal sealed class DocumentBuilder
{
    private readonly ServiceDescription _service;
    private readonly AsyncApiOptions _options;
    private readonly Schemas _schemas;
    private readonly Messages _messages;
    private readonly Channels _channels;
    private readonly Operations _make;
    private readonly IReadOnlyList<AsyncApiServer> _servers;
    private readonly Keys _operationKeys = new();
    private readonly SortedDictionary<string, JsonObject> _operations = new(StringComparer.Ordinal);

    private DocumentBuilder(ServiceDescription service, JsonSerializerOptions wire, AsyncApiOptions options)
    {
        (_service, _options, _schemas) = (service, options, new Schemas(wire));
        _servers = options.Servers ?? [];
        _messages = new Messages(_schemas, options.Wire);
        _channels = new Channels(_servers, options.Wire);
        _make = new Operations(service, _channels, _messages, options.Wire);
    }

    public static JsonObject Build(ServiceDescription service, JsonSerializerOptions wire, AsyncApiOptions options) =>
        new DocumentBuilder(service, wire, options).Build();

    private JsonObject Build()
    {
        foreach (var command in _service.Handles)
        {
            AddOperation(command.Name, MessageKind.Command, _make.Handles(command));
        }

        foreach (var command in _service.Sends)
        {
            AddOperation(command.Contract.Name, MessageKind.Command, _make.Sends(command));
        }

        foreach (var @event in _service.Awaits)
        {
            AddOperation(@event.Contract.Name, MessageKind.Event, _make.Awaits(@event));
        }

        foreach (var @event in _service.Publishes)
        {
            AddOperation(@event.Contract.Name, MessageKind.Event, _make.Publishes(@event));
        }

        foreach (var @event in _service.Subscribes)
        {
            AddOperation(@event.Contract.Name, MessageKind.Event, _make.Subscribes(@event));
        }

        return Document();
    }

    private void AddOperation(string name, MessageKind kind, JsonObject operation) =>
        _operations[_operationKeys.For(name, (kind, (string?)operation["action"], (string?)operation["channel"]!["$ref"]))] = operation;

    private JsonObject Document()
    {
        var document = new JsonObject
        {
            ["asyncapi"] = "3.0.0",
            ["info"] = new JsonObject
            {
                ["title"] = _options.Title ?? DefaultTitle(),
                ["version"] = _options.Version,
                ["description"] = Story.Of(_service),
                ["x-service"] = _service.Service,
            },
            ["defaultContentType"] = "application/json",
        };
        if (_servers.Count > 0)
        {
            document["servers"] = Servers();
        }

        document["channels"] = _channels.Write();
        document["operations"] = Json.Object(_operations);
        document["components"] = new JsonObject
        {
            ["messages"] = _messages.Write(),
            ["messageTraits"] = _messages.WriteTraits(),
            ["schemas"] = _schemas.Write(),
        };
        if (_service.Sagas.Count > 0)
        {
            document["x-sagas"] = new JsonArray([.. _service.Sagas.Select(SagaFacts.Of)]);
        }

        return document;
    }

    private string DefaultTitle()
    {
        var name = _service.Service[(_service.Service.LastIndexOf('.') + 1)..].Replace('-', ' ');
        return name.Length == 0 ? _service.Service : $"{char.ToUpperInvariant(name[0])}{name[1..]} service";
    }

    private JsonObject Servers()
    {
        var servers = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var server in _servers)
        {
            var entry = new JsonObject { ["host"] = server.Host, ["protocol"] = server.Protocol };
            Json.Set(entry, "pathname", server.Path);
            Json.Set(entry, "protocolVersion", server.ProtocolVersion);
            servers[server.Name] = entry;
        }

        return Json.Object(servers);
    }
}
