using ParkingEventSourcing.Contracts;
using Skald;

namespace ParkingEventSourcing.Booking;

/// <summary>Booking's command line.</summary>
internal static class BookingVerbs
{
    public static readonly Verb[] All =
    [
        new("create_booking_request", "Asks for a slot and prints the booking's uuid.", CreateAsync)
        {
            Parameters = [VerbParameter.Required<string>("parking_slot_ref_no", "The slot's uuid.")],
        },
        Change("reserve_booking", "Grants a created booking.", new BookingReserved()),
        Change("complete_booking", "Ends a reserved booking; the slot stays its own.", new BookingCompleted()),
        Change("cancel_booking", "Ends a booking that is not completed; its slot becomes available.", new BookingCancelled()),
        new("get_booking_details", "Shows a booking, from the projection.", DetailsAsync) { Parameters = [Id], Waits = true },
        new("get_booking_list", "Lists all bookings, from the projection.", ListAsync) { Waits = true },
        new("get_booking_events", "Shows a booking's history, from the event store.", EventsAsync)
        {
            Parameters = [Id, VerbParameter.Optional<bool>("metadata", "Tell, too, when it was, by whom and why.")],
        },
        new("rebuild_projection", "Builds the projection again from all events, beside the live one, and puts it in its place.", RebuildAsync) { Waits = true },
    ];

    private static VerbParameter Id => VerbParameter.Required<string>("booking_id", "The booking's uuid.");

    private static Verb Change(string name, string description, IBookingEvent change) => new(name, description, context => ChangeAsync(context, change))
    {
        Parameters = [Id, VerbParameter.Optional<long>("version", "Only if it is the booking's last one; 0 for any.")],
    };

    private static async Task<object?> CreateAsync(VerbContext context)
    {
        var text = context.Get<string>("parking_slot_ref_no");
        return Guid.TryParse(text, out var slot)
            ? await Bookings.CreateAsync(context.Service, slot, Environment.UserName)
            : throw new RefusedException($"'{text}' is not a uuid. List the slots with parking_slot_list.");
    }

    private static async Task<object?> ChangeAsync(VerbContext context, IBookingEvent change)
    {
        var (id, version) = (IdOf(context), context.Get<long>("version"));
        await Bookings.ChangeAsync(context.Service, id, change, version == 0 ? null : version, Environment.UserName);
        return id.ToString();
    }

    private static async Task<object?> DetailsAsync(VerbContext context)
    {
        var id = IdOf(context);
        await CatchUpAsync(context);
        return await BookingList.FindAsync(context.Service, id, context.CancellationToken) ?? throw new RefusedException(Bookings.Unknown(id.ToString()));
    }

    private static async Task<object?> ListAsync(VerbContext context)
    {
        await CatchUpAsync(context);
        return await BookingList.AllAsync(context.Service, context.CancellationToken);
    }

    private static async Task<object?> EventsAsync(VerbContext context)
    {
        var id = IdOf(context);
        return await BookingHistory.ReadAsync(context.Service, id, context.Get<bool>("metadata"), context.CancellationToken) is { Count: > 0 } events
            ? events
            : throw new RefusedException(Bookings.Unknown(id.ToString()));
    }

    private static async Task<object?> RebuildAsync(VerbContext context)
    {
        try
        {
            await CatchUpAsync(context);
        }
        catch (ProjectionStoppedException)
        {
            // Perhaps just that is what a rebuild mends.
        }

        using var bar = new ProgressBar("events");
        var options = new RebuildOptions { Progress = bar };
        var rebuilt = await context.Service.Projection(BookingList.ProjectionName).RebuildAsync(options, context.CancellationToken);
        await CatchUpAsync(context);
        var table = rebuilt.Tables.Single();
        return new RebuiltView(BookingList.ProjectionName, rebuilt.Events, table.RebuiltRows, table.OnlyLive + table.OnlyRebuilt);
    }

    private static Guid IdOf(VerbContext context)
    {
        var text = context.Get<string>("booking_id");
        return Guid.TryParse(text, out var id) ? id : throw new RefusedException($"'{text}' is not a booking's uuid. List the bookings with get_booking_list.");
    }

    /// <summary>A verb reads what verbs before it wrote, also while no process serves: it projects what is missing itself.</summary>
    private static async Task CatchUpAsync(VerbContext context)
    {
        var projection = context.Service.Projection(BookingList.ProjectionName);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        limit.CancelAfter(context.Wait);
        try
        {
            await projection.CatchUpAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            var status = await projection.StatusAsync(context.CancellationToken);
            throw new RefusedException(FormattableString.Invariant(
                $"The projection still lacks {status.LagEvents} events. Gave up waiting after {context.Wait.TotalSeconds:0.##} s; ask again, or with a longer --wait."));
        }
    }
}

/// <summary>What a rebuild did.</summary>
/// <param name="Projection">What was rebuilt.</param>
/// <param name="Events">How many events it was built from.</param>
/// <param name="Rows">How many rows came of them.</param>
/// <param name="Differences">How many rows were not in the live one as they are now, or the other way round.</param>
internal sealed record RebuiltView(string Projection, long Events, long Rows, long Differences);
