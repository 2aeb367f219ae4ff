using Skald.Messaging;

namespace Skald.Diagnostics;

/// <summary>Because of what code that is not ours is called: for traces, log scopes and measurements.</summary>
/// <param name="Service">The service.</param>
/// <param name="TraceParent">The W3C trace context of whoever wants it; null for none.</param>
internal readonly record struct CallCause(string Service, string? TraceParent)
{
    /// <summary>The message that is handled; null for none.</summary>
    public Envelope? Message { get; init; }

    /// <summary>Whether the outside is called for the message, before and outside any transaction.</summary>
    public bool IsOutside { get; init; }

    /// <summary>The definition whose local code it is; null for other code.</summary>
    public string? Definition { get; init; }

    /// <summary>The step whose local code it is.</summary>
    public string? Step { get; init; }

    /// <summary>Whether it undoes the step.</summary>
    public bool Undo { get; init; }

    /// <summary>The saga, if any.</summary>
    public SagaId? Saga { get; init; }

    /// <summary>What tries it counts, from 1.</summary>
    public int Attempt { get; init; }
}
