namespace Skald.Generators.Analysis;

/// <summary>The rules' ids. One that foresees what start-up refuses has the code of that refusal; those from 210 on are of the rules alone.</summary>
internal static class Ids
{
    public const string DuplicateStep = "SKALD101";
    public const string StepDoesNothing = "SKALD102";
    public const string CannotBeUndone = "SKALD103";
    public const string CompensatableAfterPivot = "SKALD104";
    public const string SeveralPivots = "SKALD105";
    public const string RetriableBeforePivot = "SKALD106";
    public const string RefusalUnanswered = "SKALD107";
    public const string UndoContradiction = "SKALD108";
    public const string MessageWithoutName = "SKALD120";
    public const string CommandWithoutService = "SKALD121";
    public const string CommandWithoutReply = "SKALD122";
    public const string NameTaken = "SKALD123";
    public const string HandlesNothing = "SKALD126";
    public const string WrongReply = "SKALD127";
    public const string FlowUndoMissing = "SKALD135";
    public const string FlowExpectsNothing = "SKALD136";
    public const string FlowRaisesWithoutDeadline = "SKALD138";
    public const string WrongEventHandler = "SKALD144";
    public const string NotOneType = "SKALD180";
    public const string NameOfItsBase = "SKALD181";
    public const string CommandOrEvent = "SKALD182";
    public const string TwoReplies = "SKALD189";
    public const string ByKeyWithoutKey = "SKALD195";

    public const string DeadlineWithoutEffect = "SKALD210";
    public const string HandlerNotAwaited = "SKALD211";
    public const string HandlerNeverCalled = "SKALD212";
    public const string StateCanChange = "SKALD213";
    public const string AsksItsOwnService = "SKALD214";
    public const string ReasonMissing = "SKALD215";
}
