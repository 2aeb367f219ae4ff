using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>
/// Writes down what is about to be removed: a line of JSON for each saga or flow, in a file for each day, with what is sensitive hidden. What stands in it is on the disk before anything is removed;
/// a process that dies in between writes a line once more.
/// </summary>
/// <param name="folder">Where the files are.</param>
/// <param name="setup">The service.</param>
/// <param name="store">Its store.</param>
internal sealed class Archive(string folder, ServiceSetup setup, StoreAccess store)
{
    private const int TimelinePage = 1000;

    private IOperations Rows => store.Store.Operations;

    /// <summary>Writes them down.</summary>
    /// <exception cref="IOException">They cannot be written; nothing may be removed.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public async Task WriteAsync(Ended ended)
    {
        var lines = new ArrayBufferWriter<byte>();
        foreach (var id in ended.Sagas)
        {
            if (await Rows.FindSagaAsync(id, setup.Stopping) is { } row)
            {
                WriteSaga(lines, row, await TimelineAsync(id));
            }
        }

        foreach (var id in ended.Flows)
        {
            if (await Rows.FindFlowAsync(id, setup.Stopping) is { } row)
            {
                WriteFlow(lines, row, await TimelineAsync(id));
            }
        }

        Directory.CreateDirectory(folder);
        var name = string.Create(CultureInfo.InvariantCulture, $"{setup.Service}-{store.Now:yyyy-MM-dd}.ndjson");
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.Read };
        if (!OperatingSystem.IsWindows())
        {
            // States hold what they hold.
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(Path.Combine(folder, name), options);
        EndLastLine(file);
        file.Write(lines.WrittenSpan);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Whoever wrote last may have died, or met a full disk, in the middle of a line.</summary>
    private static void EndLastLine(FileStream file)
    {
        if (file.Length > 0)
        {
            file.Seek(-1, SeekOrigin.End);
            if (file.ReadByte() != '\n')
            {
                file.WriteByte((byte)'\n');
            }
        }
    }

    private async Task<List<JournalRow>> TimelineAsync(Guid owner)
    {
        var rows = new List<JournalRow>();
        IReadOnlyList<JournalRow> page;
        do
        {
            page = await Rows.JournalAsync(owner, rows.Count, TimelinePage, setup.Stopping);
            rows.AddRange(page);
        }
        while (page.Count == TimelinePage);

        return rows;
    }

    private void WriteSaga(ArrayBufferWriter<byte> lines, SagaRow row, List<JournalRow> timeline)
    {
        using (var json = Begin(lines, "saga", row.Id, row.Definition, row.BusinessKey, row.Status.Word(), row.StartedAt, row.EndedAt))
        {
            json.WriteNumber("version", row.PlanVersion);
            if (row.FailedStep is not null)
            {
                json.WriteStartObject("failure");
                json.WriteString("step", row.FailedStep);
                json.WriteString("type", row.FailureType);
                json.WriteString("message", row.FailureMessage);
                json.WriteEndObject();
            }

            End(json, "state", setup.Model.ShownState(row, setup.Serializer), timeline);
        }

        lines.Write("\n"u8);
    }

    private void WriteFlow(ArrayBufferWriter<byte> lines, FlowRow row, List<JournalRow> timeline)
    {
        using (var json = Begin(lines, "flow", row.Id, row.Definition, row.Flow, row.Status.Word(), row.StartedAt, row.EndedAt))
        {
            End(json, "seen", row.Seen, timeline);
        }

        lines.Write("\n"u8);
    }

    private Utf8JsonWriter Begin(ArrayBufferWriter<byte> lines, string kind, Guid id, string definition, string? key, string status, long startedAt, long? endedAt)
    {
        var json = new Utf8JsonWriter(lines);
        json.WriteStartObject();
        json.WriteString("kind", kind);
        json.WriteString("service", setup.Service);
        json.WriteString("id", id);
        json.WriteString("definition", definition);
        json.WriteString("key", key);
        json.WriteString("status", status);
        json.WriteString("startedAt", UnixTime.To(startedAt));
        json.WriteString("endedAt", UnixTime.To(endedAt ?? 0));
        return json;
    }

    private static void End(Utf8JsonWriter json, string name, ReadOnlyMemory<byte> body, List<JournalRow> timeline)
    {
        json.WritePropertyName(name);
        WriteBody(json, body);
        json.WriteStartArray("timeline");
        foreach (var row in timeline)
        {
            foreach (var entry in JournalCodec.Decode(row.Entries))
            {
                json.WriteStartObject();
                json.WriteString("at", row.At);
                json.WriteString("what", entry.Kind.ToString());
                json.WriteString("step", entry.Step);
                json.WriteString("detail", entry.Detail);
                json.WriteString("actor", row.Actor);
                json.WriteString("reason", row.Reason);
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>What is no JSON stands there as it is, as Base64.</summary>
    private static void WriteBody(Utf8JsonWriter json, ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            document.WriteTo(json);
        }
        catch (JsonException)
        {
            json.WriteBase64StringValue(body.Span);
        }
    }
}
