using System.Text.Json.Serialization.Metadata;
using Skald.Diagnostics;
using Skald.Messaging;

namespace Skald.Runtime;

/// <summary>Messages between two services of one process that have a type each for them.</summary>
internal static class Exchanges
{
    /// <summary>Lists what the reader cannot do without and the writer does not write: it would be read as zero or null.</summary>
    public static void Check(EngineModel writer, MessageSerializer writes, EngineModel reader, MessageSerializer reads, List<string> problems)
    {
        foreach (var (name, written, read) in Between(writer, reader).Where(e => e.Written != e.Read && writes.RoundTrip.IsWhole(e.Written) && reads.RoundTrip.IsWhole(e.Read)))
        {
            problems.AddRange(Missing(writes.Options.GetTypeInfo(written), reads.Options.GetTypeInfo(read))
                .Select(member => ErrorCodes.NotWrittenHere(name, reader.Service, read, member, writer.Service, written))
                .Except(problems));
        }
    }

    private static IEnumerable<(string Name, Type Written, Type Read)> Between(EngineModel writer, EngineModel reader)
    {
        foreach (var sent in SentTo(reader, writer))
        {
            yield return (sent.Contract.Name, sent.Contract.Type, sent.Handled.Type);
        }

        foreach (var answered in SentTo(writer, reader))
        {
            // Both are commands, which have replies.
            yield return (answered.Handled.ReplyName!, answered.Handled.ReplyType!, answered.Contract.ReplyType!);
        }

        foreach (var (type, binding) in reader.Routing.Subscriptions())
        {
            foreach (var published in writer.Routing.Published.Where(c => Address.Topic(writer.Service, c.Topic!) == binding.Topic))
            {
                if (reader.Handlers.FindEvent(published.Name) is { } subscriber && subscriber.Contract.Type == type)
                {
                    yield return (published.Name, published.Type, type);
                }
            }
        }
    }

    /// <summary>The commands that one service's sagas send to another, as both know them.</summary>
    private static IEnumerable<(MessageContract Contract, MessageContract Handled)> SentTo(EngineModel receiver, EngineModel sender) =>
        from sent in ServiceChecks.Commands(sender).Select(c => c.Contract).Distinct()
        where Address.Service(sender.Service, sent.To!) == receiver.Service
        let handler = receiver.Handlers.Find(sent.Name)
        where handler is not null
        select (sent, handler.Contract);

    private static IEnumerable<string> Missing(JsonTypeInfo written, JsonTypeInfo read)
    {
        if (written.Kind != JsonTypeInfoKind.Object || read.Kind != JsonTypeInfoKind.Object || written.PolymorphismOptions is not null || read.PolymorphismOptions is not null)
        {
            return [];
        }

        var names = written.Properties.Where(p => p.Get is not null).Select(p => p.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return read.Properties.Where(p => IsNeeded(p) && !names.Contains(p.Name)).Select(p => p.Name);
    }

    private static bool IsNeeded(JsonPropertyInfo property) =>
        property.IsRequired || property.AssociatedParameter is { IsMemberInitializer: false, HasDefaultValue: false, IsNullable: false };
}
