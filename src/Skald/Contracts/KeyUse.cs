namespace Skald;

/// <summary>How many sagas of a definition may have one business key.</summary>
public enum KeyUse
{
    /// <summary>As many as there are.</summary>
    Many,

    /// <summary>One that has not ended: the next may start when it has. One that is parked has not ended.</summary>
    OneAtATime,

    /// <summary>One, ever.</summary>
    Once,
}

/// <summary>There is a saga with the business key already, and its definition allows no second one. Nothing was started.</summary>
public sealed class SagaExistsException : Exception
{
    internal SagaExistsException(string definition, string key, SagaId saga) : base($"There is a saga '{definition}' with the key '{key}' already: {saga}.") => (Key, Saga) = (key, saga);

    /// <summary>The business key.</summary>
    public string Key { get; }

    /// <summary>The saga that has it.</summary>
    public SagaId Saga { get; }
}
