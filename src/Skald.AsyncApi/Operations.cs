using System.Text.Json.Nodes;
using Skald.Definition;
using Skald.Messaging;

namespace Skald.AsyncApi;

/// <summary>What a service does with messages, as it sees it: it sends what its participants receive.</summary>
internal static class Operations
{
    public static JsonObject Handles(MessageContract command, ServiceDescription service, Channels channels, Messages messages)
    {
        var operation = Operation("receive", command, channels.Commands(service.CommandQueue, service.Service), messages.Command(command));
        var answers = channels.Answers();
        operation["reply"] = new JsonObject
        {
            ["address"] = new JsonObject
            {
                ["location"] = "$message.header#/reply_to",
                ["description"] = "The command's AMQP property reply_to. A command without it is not answered.",
            },
            ["channel"] = answers.Reference,
            ["messages"] = answers.Carry(messages.Reply(command), messages.Refusal(command, typeof(Refusal))),
        };
        return operation;
    }

    public static JsonObject Sends(SentCommand command, ServiceDescription service, Channels channels, Messages messages)
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

    public static JsonObject Awaits(AwaitedEvent @event, ServiceDescription service, Channels channels, Messages messages)
    {
        var operation = Operation("receive", @event.Contract, channels.Replies(service.ReplyQueue, service.Service), messages.Event(@event.Contract));
        operation["x-saga-steps"] = SagaFacts.Of(@event.Steps);
        return operation;
    }

    public static JsonObject Publishes(PublishedEvent @event, Channels channels, Messages messages)
    {
        var operation = Operation("send", @event.Contract, channels.Topic(@event.Topic), messages.Event(@event.Contract));
        // To a topic that nobody subscribes to is no mistake.
        operation["bindings"]!["amqp"]!["mandatory"] = false;
        return operation;
    }

    public static JsonObject Subscribes(SubscribedEvent @event, Channels channels, Messages messages)
    {
        var operation = Operation("receive", @event.Contract, channels.Topic(@event.Topic), messages.Event(@event.Contract));
        operation["x-subscription"] = new JsonObject { ["queue"] = @event.Queue };
        return operation;
    }

    private static JsonObject Operation(string action, MessageContract contract, ChannelUse channel, string message)
    {
        var operation = new JsonObject { ["action"] = action, ["title"] = Texts.Title(contract.Type) };
        Json.Set(operation, "summary", Texts.Of(contract.Type));
        operation["channel"] = channel.Reference;
        operation["messages"] = channel.Carry(message);
        operation["bindings"] = new JsonObject
        {
            ["amqp"] = action == "send"
                ? new JsonObject { ["deliveryMode"] = 2, ["mandatory"] = true, ["timestamp"] = true, ["bindingVersion"] = Wire.BindingVersion }
                : new JsonObject { ["ack"] = true, ["bindingVersion"] = Wire.BindingVersion },
        };
        return operation;
    }
}
