using System.Text.Json;

namespace Skald.Messaging;

/// <summary>
/// Reads what <see cref="EnvelopeCodec"/> writes, in one go: it is done for each message. Of a member that comes twice the last counts, and one that is not
/// known is passed over.
/// </summary>
internal static class EnvelopeReader
{
    // In the order in which they are written: mostly the next one is among the next few.
    private static readonly byte[][] Names =
    [
        [.. "id"u8], [.. "type"u8], [.. "kind"u8], [.. "source"u8], [.. "destination"u8], [.. "published"u8], [.. "flow"u8], [.. "stream"u8], [.. "version"u8], [.. "after"u8],
        [.. "replyto"u8], [.. "saga"u8], [.. "step"u8], [.. "attempt"u8], [.. "undo"u8], [.. "wasdone"u8], [.. "secret"u8], [.. "mac"u8], [.. "causation"u8], [.. "handledin"u8], [.. "traceparent"u8],
        [.. "time"u8],
    ];

    private enum Member
    {
        Unknown = -1,
        Id,
        Type,
        Kind,
        Source,
        Destination,
        Published,
        Flow,
        Stream,
        Version,
        After,
        ReplyTo,
        Saga,
        Step,
        Attempt,
        Undo,
        WasDone,
        Secret,
        Mac,
        Causation,
        HandledIn,
        TraceParent,
        Time,
    }

    /// <exception cref="JsonException">It is not an envelope.</exception>
    /// <exception cref="InvalidOperationException">A member is of another kind than it has to be.</exception>
    /// <exception cref="FormatException">A member cannot be read.</exception>
    public static Envelope Read(ReadOnlySpan<byte> bytes)
    {
        var json = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 2 });
        json.Read();
        var fields = new Fields();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("An envelope is an object.");
        }

        var member = Member.Unknown;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            member = Next(ref json, member);
            json.Read();
            fields.Take(member, ref json);
        }

        // Nothing may follow.
        json.Read();
        return fields.Whole();
    }

    private static Member Next(ref Utf8JsonReader json, Member last)
    {
        for (var i = 1; i <= Names.Length; i++)
        {
            var index = ((int)last + i) % Names.Length;
            if (json.ValueTextEquals(Names[index]))
            {
                return (Member)index;
            }
        }

        return Member.Unknown;
    }

    private ref struct Fields
    {
        private Guid? _id;
        private Guid? _saga;
        private Guid? _causation;
        private Guid _secret;
        private Guid _mac;
        private string? _type;
        private string? _source;
        private string? _destination;
        private string? _flow;
        private string? _stream;
        private string? _replyTo;
        private string? _step;
        private string? _traceParent;
        private MessageKind? _kind;
        private bool _published;
        private bool _undo;
        private bool _wasDone;
        private int _attempt;
        private long? _version;
        private long? _after;
        private TimeSpan? _handledIn;
        private DateTimeOffset? _time;

        public void Take(Member member, ref Utf8JsonReader json)
        {
            switch (member)
            {
                case Member.Id: _id = json.GetGuid(); break;
                case Member.Type: _type = json.GetString(); break;
                case Member.Kind: _kind = Kind(json.GetInt32()); break;
                case Member.Source: _source = json.GetString(); break;
                case Member.Destination: _destination = json.GetString(); break;
                case Member.Published: _published = json.GetBoolean(); break;
                case Member.Flow: _flow = json.GetString(); break;
                case Member.Stream: _stream = json.GetString(); break;
                case Member.Version: _version = json.GetInt64(); break;
                case Member.After: _after = json.GetInt64(); break;
                case Member.ReplyTo: _replyTo = json.GetString(); break;
                case Member.Saga: _saga = json.GetGuid(); break;
                case Member.Step: _step = json.GetString(); break;
                case Member.Attempt: _attempt = json.GetInt32(); break;
                case Member.Undo: _undo = json.GetBoolean(); break;
                case Member.WasDone: _wasDone = json.GetBoolean(); break;
                case Member.Secret: _secret = json.GetGuid(); break;
                case Member.Mac: _mac = json.GetGuid(); break;
                case Member.Causation: _causation = json.GetGuid(); break;
                case Member.HandledIn: _handledIn = json.TryGetInt32(out var milliseconds) && milliseconds >= 0 ? TimeSpan.FromMilliseconds(milliseconds) : null; break;
                case Member.TraceParent: _traceParent = json.GetString(); break;
                case Member.Time: _time = json.GetDateTimeOffset(); break;
                default: json.Skip(); break;
            }
        }

        public readonly Envelope Whole() => new()
        {
            Id = _id ?? throw Lacks("id"),
            Type = _type ?? throw Lacks("type"),
            Kind = _kind ?? throw Lacks("kind"),
            Source = _source ?? "",
            Destination = _destination ?? "",
            Published = _published,
            Flow = _flow,
            Place = _stream is null ? null : new StreamPlace(_stream, _version ?? throw Lacks("version"), _after ?? throw Lacks("after")),
            ReplyTo = _replyTo,
            Saga = _saga is { } saga ? new SagaId(saga) : null,
            Step = _step,
            Attempt = _attempt,
            Undo = _undo,
            WasDone = _wasDone,
            Secret = _secret,
            Mac = _mac,
            Causation = _causation,
            HandledIn = _handledIn,
            TraceParent = _traceParent,
            Time = _time ?? throw Lacks("time"),
        };

        // An unknown kind must not be taken for an answer.
        private static MessageKind Kind(int number) => number is >= (int)MessageKind.Command and <= (int)MessageKind.Event
            ? (MessageKind)number
            : throw new JsonException($"There is no message kind {number}.");

        private static JsonException Lacks(string member) => new($"An envelope needs a member '{member}'.");
    }
}
