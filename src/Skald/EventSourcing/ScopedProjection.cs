using Skald.Messaging;

namespace Skald.EventSourcing;

/// <summary>A projection whose class needs more than singletons: each page of events is written by an object of a scope of its own.</summary>
/// <param name="made">One that was made at start-up; it says what the projection is.</param>
/// <param name="target">Where the objects come from.</param>
internal sealed class ScopedProjection(Projection made, CallTarget target) : Projection
{
    /// <inheritdoc/>
    public override string Name { get; } = made.Name;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Schema { get; } = made.Schema;

    /// <inheritdoc/>
    public override async ValueTask ApplyAsync(IReadOnlyList<RecordedEvent> events, ProjectionContext context) =>
        await target.UseAsync(async projection =>
        {
            await ((Projection)projection).ApplyAsync(events, context);
            return true;
        });
}
