using Skald.EventSourcing;

namespace Skald.Runtime;

/// <summary>What the work of a batch may ask, and leave something with, while it is decided.</summary>
/// <param name="Setup">The service.</param>
/// <param name="Store">Its store.</param>
/// <param name="Projections">Its aggregates, and what follows them.</param>
/// <param name="Outside">Calls to the outside world under way.</param>
/// <param name="Claims">Delayed messages that are this process's.</param>
/// <param name="Places">Who comes after whom where locks are waited for.</param>
internal sealed record BatchParts(
    ServiceSetup Setup, StoreAccess Store, ProjectionSet Projections, OutsideCalls Outside, DelayedClaims Claims, PlacesInLine Places);
