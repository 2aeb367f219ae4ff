using System.Diagnostics.CodeAnalysis;

namespace Skald.Messaging;

/// <summary>A class that a service was given: the container makes its objects.</summary>
/// <param name="Type">The class. Trimming keeps its constructors.</param>
internal readonly record struct GivenType([property: DynamicallyAccessedMembers(GivenType.Members)][param: DynamicallyAccessedMembers(GivenType.Members)] Type Type)
{
    /// <summary>What of it has to be there.</summary>
    public const DynamicallyAccessedMemberTypes Members = DynamicallyAccessedMemberTypes.PublicConstructors;
}
