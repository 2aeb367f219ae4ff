namespace Skald.EndToEnd;

/// <summary>Tests that assert how long something takes: they run after the others and alone, so that nothing else takes their time.</summary>
[CollectionDefinition("Timed", DisableParallelization = true)]
public sealed class TimedCollection;
