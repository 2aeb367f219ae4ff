using System.Text.Json.Nodes;
using Skald.Definition;
using Skald.Messaging;

namespace Skald.AsyncApi;

/// <summary>What a service does with messages, as it sees it: it sends what its participants receive.</summary>
internal sealed class Operations(ServiceDescription service, Channels channels, Messages messages, WireDescription? wire)
{
    public JsonObject Handles(MessageContract command)
    {
        var operation = Operation("receive", command, channels.Commands(service.CommandQueue, service.Service), messages.Command(command));
        var answers = channels.Answers();
        var reply = new JsonObject();
        if (wire is not null)
        {
            reply["address"] = new JsonObject
            {
                ["location"] = wire.ReplyAddressLocation,
                ["description"] = $"The command's {wire.ReplyAddress}. A command without it is not answered.",
            };
        }

        reply["channel"] = answers.Reference;
        reply["messages"] = answers.Carry(messages.Reply(command), messages.Refusal(command, typeof(Refusal)));
        operation["reply"] = reply;
        return operation;
    }

    public JsonObject Sends(SentCommand command)
    {
        var operation = Operation("send", command.Contract, channels.Commands(command.Queue, command.Service), messages.Command(command.Contract));
        var replies = channels.Replies(service.ReplyQueue, service.Service);
        var refusals = command.Steps.Select(use => use is { Undoes: false, Step.Work: StepWork.Remote remote } ? remote.RefusalType : typeof(Refusal)).Distinct()
            .OrderBy(type => type.FullName, StringComparer.Ordinal).Select(type => messages.Refusal(command.Contract, type));
        operation["reply"] = new JsonObject
        {
            ["channel"] = replies.Reference,
            ["messages"] = replies.Carry([messages.Reply(command.Contract), .. refusals]),
        };
        operation["x-saga-steps"] = SagaFacts.Of(command.Steps);
        return operation;
    }

    public JsonObject Awaits(AwaitedEvent @event)
    {
        var operation = Operation("receive", @event.Contract, channels.Replies(service.ReplyQueue, service.Service), messages.Event(@event.Contract));
        operation["x-saga-steps"] = SagaFacts.Of(@event.Steps);
        return operation;
    }

    public JsonObject Publishes(PublishedEvent @event) =>
        Operation("send", @event.Contract, channels.Topic(@event.Topic), messages.Event(@event.Contract), published: true);

    public JsonObject Subscribes(SubscribedEvent @event)
    {
        var operation = Operation("receive", @event.Contract, channels.Topic(@event.Topic), messages.Event(@event.Contract));
        operation["x-subscription"] = new JsonObject { ["queue"] = @event.Queue };
        return operation;
    }

    private JsonObject Operation(string action, MessageContract contract, ChannelUse channel, string message, bool published = false)
    {
        var operation = new JsonObject { ["action"] = action, ["title"] = Texts.Title(contract.Type) };
        Json.Set(operation, "summary", Texts.Of(contract.Type));
        operation["channel"] = channel.Reference;
        operation["messages"] = channel.Carry(message);
        Json.Bind(operation, wire, action == "send" ? wire?.SendBinding(published) : wire?.ReceiveBinding());
        return operation;
    }
}
