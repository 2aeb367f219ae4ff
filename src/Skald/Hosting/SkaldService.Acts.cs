using Skald.Runtime;

namespace Skald;

// What people do to sagas from outside.
public sealed partial class SkaldService
{
    /// <summary>Says what an act would do to a saga as it stands, by the rules that decide it, and does nothing.</summary>
    /// <param name="saga">The saga.</param>
    /// <param name="act">The act.</param>
    /// <param name="cancellationToken">Gives the wait up.</param>
    /// <exception cref="KeyNotFoundException">There is no such saga.</exception>
    /// <exception cref="SagaVersionUnknownException">It runs a version that this process does not know.</exception>
    /// <exception cref="ArgumentException">The act names a step or an event that its definition does not have, or holds what cannot be read.</exception>
    public Task<ActPreview> PreviewAsync(SagaId saga, SagaAct act, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("TODO");

    /// <summary>Does an act to a saga. It is in the saga's timeline, with who and why.</summary>
    /// <param name="saga">The saga.</param>
    /// <param name="act">The act.</param>
    /// <param name="options">Who does it and why, and at which version of the saga.</param>
    /// <param name="cancellationToken">Gives the wait up; it may be done all the same.</param>
    /// <returns>What came of it; an act that the saga's state does not allow is refused, and changes nothing.</returns>
    /// <exception cref="SagaMovedOnException">It is not at the version that was expected.</exception>
    /// <inheritdoc cref="PreviewAsync" path="/exception"/>
    public Task<ActOutcome> ActAsync(SagaId saga, SagaAct act, ActOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("TODO");
}
