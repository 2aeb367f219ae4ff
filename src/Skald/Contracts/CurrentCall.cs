namespace Skald;

/// <summary>
/// The call that a scope of the container was made for: what a class takes in its constructor to write in the transaction of the handler that uses it. One for each scope.
/// </summary>
public sealed class CurrentCall
{
    /// <summary>The context of the handler, local step or request; null in a scope that was made for something else, such as a web request.</summary>
    public StepContext? Context { get; internal set; }

    /// <summary>
    /// Whether the scope was made by the engine for code that has no transaction: to read what sagas, flows and projections define, and for a call to the outside. What
    /// their classes take in their constructors exists then, and cannot write.
    /// </summary>
    public bool HasNoTransaction { get; internal set; }
}
