using System.Data.Common;
using Dapper;
using ParkingEventSourcing.Contracts;
using Skald;

namespace ParkingEventSourcing.Booking;

/// <summary>A booking as people see it.</summary>
/// <param name="Id">Its number: the how-many-eth booking it is.</param>
/// <param name="DomainUuid">Its uuid.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="ParkingSlotRefNo">The slot it is for.</param>
public sealed record BookingRow(long Id, string DomainUuid, string Status, string ParkingSlotRefNo);

/// <summary>
/// The bookings for reading, in a database of their own. A number is the place of the booking's first event among all first events,
/// so a rebuild gives the same numbers.
/// </summary>
public sealed class BookingList : Projection
{
    /// <summary>Its name.</summary>
    public const string ProjectionName = "bookings";

    private const int RowsAtOnce = 200;
    private const string Select = "SELECT id AS Id, domain_uuid AS DomainUuid, status AS Status, parking_slot_ref_no AS ParkingSlotRefNo FROM bookings";

    /// <inheritdoc/>
    public override string Name => ProjectionName;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Schema =>
    [
        "CREATE TABLE IF NOT EXISTS bookings (id BIGINT PRIMARY KEY, domain_uuid TEXT NOT NULL UNIQUE, status TEXT NOT NULL DEFAULT 'created', parking_slot_ref_no TEXT)",
    ];

    /// <summary>All bookings, by number.</summary>
    public static async Task<IReadOnlyList<BookingRow>> AllAsync(SkaldService service, CancellationToken cancellationToken)
    {
        await using var connection = await service.Projection(ProjectionName).OpenAsync(cancellationToken);
        return [.. await connection.QueryAsync<BookingRow>($"{Select} ORDER BY id")];
    }

    /// <summary>One booking; null when there is none.</summary>
    public static async Task<BookingRow?> FindAsync(SkaldService service, Guid uuid, CancellationToken cancellationToken)
    {
        await using var connection = await service.Projection(ProjectionName).OpenAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<BookingRow>($"{Select} WHERE domain_uuid = @uuid", new { uuid = uuid.ToString() });
    }

    /// <inheritdoc/>
    public override async ValueTask ApplyAsync(IReadOnlyList<RecordedEvent> events, ProjectionContext context)
    {
        ArgumentNullException.ThrowIfNull(events);
        ArgumentNullException.ThrowIfNull(context);
        var created = new Dictionary<string, BookingRow>();
        var changed = new Dictionary<string, string>();
        var last = await context.Connection.QuerySingleAsync<long>("SELECT COALESCE(MAX(id), 0) FROM bookings", transaction: context.Transaction);
        foreach (var recorded in events)
        {
            switch (recorded.Event)
            {
                case BookingCreated first:
                    created.Add(recorded.Id, new BookingRow(++last, recorded.Id, first.Status, first.ParkingSlotRefNo));
                    break;
                case IBookingEvent change when created.TryGetValue(recorded.Id, out var row):
                    created[recorded.Id] = row with { Status = change.Status };
                    break;
                case IBookingEvent change:
                    changed[recorded.Id] = change.Status;
                    break;
            }
        }

        foreach (var rows in created.Values.Chunk(RowsAtOnce))
        {
            await InsertAsync(rows, context.Connection, context.Transaction);
        }

        await context.Connection.ExecuteAsync(
            "UPDATE bookings SET status = @status WHERE domain_uuid = @uuid", changed.Select(c => new { uuid = c.Key, status = c.Value }), context.Transaction);
    }

    /// <summary>Many rows by one statement: a rebuild has many.</summary>
    private static async Task InsertAsync(BookingRow[] rows, DbConnection connection, DbTransaction transaction)
    {
        await using var command = connection.CreateCommand();
        var tuples = string.Join(", ", Enumerable.Range(0, rows.Length).Select(i => $"(@id{i}, @uuid{i}, @status{i}, @slot{i})"));
        (command.Transaction, command.CommandText) = (transaction, $"INSERT INTO bookings (id, domain_uuid, status, parking_slot_ref_no) VALUES {tuples}");
        for (var i = 0; i < rows.Length; i++)
        {
            Add(command, $"id{i}", rows[i].Id);
            Add(command, $"uuid{i}", rows[i].DomainUuid);
            Add(command, $"status{i}", rows[i].Status);
            Add(command, $"slot{i}", rows[i].ParkingSlotRefNo);
        }

        await command.ExecuteNonQueryAsync();
    }

    private static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = (name, value);
        command.Parameters.Add(parameter);
    }
}
