namespace Skald;

/// <summary>
/// What this member holds is shown to nobody: in place of it stands <c>***</c> wherever a state, a message or an event is shown, told of or exported, whoever asks.
/// It is stored, sent and handled as it is.
/// </summary>
/// <remarks>
/// It counts for the whole value, whatever is in it. On a parameter of a record it counts for the property of that name. A text that the author writes, such as a
/// summary, the message of a refusal or of an exception, is shown as it is.
/// </remarks>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field | AttributeTargets.Parameter)]
public sealed class SensitiveAttribute : Attribute;
