using System.CommandLine;

namespace Skald.ServiceHost;

/// <summary><c>topics</c> and <c>subscriptions</c>: what people and programs do with the events of a system without being a service of it.</summary>
internal static class TopicCommands
{
    public static IEnumerable<Command> All(ServiceModule module, Func<ParseResult, SkaldSettings> settings, Option<bool> verbose)
    {
        return
        [
            Group("topics", "Creates, lists and publishes to topics of the system.", Create(), List(), Publish()),
            Group("subscriptions", "Creates, lists and pulls subscriptions of the system.", Subscribe(), ListSubscriptions(), new PullCommand(Run)),
        ];

        Task<int> Run(ParseResult parsed, Func<SystemTopics, SkaldService, TimeProvider, CancellationToken, Task<int>> action) =>
            VerbRunner.InServiceAsync(module, settings(parsed), parsed.GetValue(verbose), async (service, time, cancellationToken) =>
                await action(await SystemTopics.OpenAsync(service, cancellationToken), service, time, cancellationToken));

        Command Create()
        {
            var name = Name("The topic's name.");
            return Printing("create", "Creates a topic; one that exists stays as it is.", [name], [], (parsed, topics, _) => Boxed(topics.CreateAsync(parsed.GetRequiredValue(name))));
        }

        Command List() => Printing("list", "Lists the topics, each with its subscriptions.", [], [], (_, topics, _) => Boxed(topics.ListAsync()));

        Command Publish()
        {
            var name = Name("The topic's name.");
            var body = new Argument<string>("JSON") { Description = "The message; sent as it is, even if it is malformed." };
            var type = new Option<string?>("--type") { Description = "The event's wire name; the topic's event unless given.", HelpName = "NAME" };
            var flow = new Option<string?>("--flow") { Description = "The id of the flow it belongs to.", HelpName = "ID" };
            return Printing("publish", "Publishes a message to a topic.", [name, body], [type, flow], (parsed, topics, time) =>
                Boxed(topics.PublishAsync(parsed.GetRequiredValue(name), parsed.GetRequiredValue(body), parsed.GetValue(type), parsed.GetValue(flow), time)));
        }

        Command Subscribe()
        {
            var name = Name("The subscription's name.");
            var topic = new Option<string>("--topic") { Description = "The topic whose messages it gets from now on. Required.", HelpName = "TOPIC", Required = true };
            return Printing("create", "Creates a subscription to a topic; one that exists stays as it is.", [name], [topic], (parsed, topics, _) =>
                Boxed(topics.SubscribeAsync(parsed.GetRequiredValue(name), parsed.GetRequiredValue(topic))));
        }

        Command ListSubscriptions() => Printing("list", "Lists the subscriptions, each with its topic.", [], [], (_, topics, _) => Boxed(topics.SubscriptionsAsync()));

        Command Printing(
            string name, string description, Argument[] arguments, Option[] options, Func<ParseResult, SystemTopics, TimeProvider, Task<object?>> action)
        {
            var command = new Command(name, description);
            Array.ForEach(arguments, command.Arguments.Add);
            Array.ForEach([.. options, VerbCommand.Json], command.Options.Add);
            command.SetAction((parsed, _) => Run(parsed, async (topics, _, time, _) => await VerbRunner.PrintAsync(await action(parsed, topics, time), parsed.GetValue(VerbCommand.Json), Rendering.Own)));
            return command;
        }
    }

    private static Argument<string> Name(string description) => new("NAME") { Description = description };

    private static async Task<object?> Boxed<T>(Task<T> result) => await result;

    private static Command Group(string name, string description, params Command[] commands)
    {
        var group = new Command(name, description);
        Array.ForEach(commands, group.Subcommands.Add);
        return group;
    }
}
