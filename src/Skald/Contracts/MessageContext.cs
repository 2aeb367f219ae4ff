using System.Data.Common;

namespace Skald;

/// <summary>What a handler may use besides the message.</summary>
/// <remarks>Everything sent here leaves only if the transaction commits, and then for certain.</remarks>
public sealed class MessageContext : StepContext
{
    private readonly List<ICommand> _sent = [];
    private List<(Type Saga, object State)>? _started;

    /// <summary>Made by the engine for each message; tests make their own.</summary>
    public MessageContext(
        DbTransaction? transaction, SagaId? sagaId, Guid messageId, int attempt, DateTimeOffset now, CancellationToken cancellationToken, Func<IBusinessKeys>? keys = null)
        : base(transaction, sagaId, now, cancellationToken, keys)
    {
        MessageId = messageId;
        Attempt = attempt;
    }

    /// <summary>
    /// The message's id. It is derived from saga, step and attempt, so a repeat carries the same id: use it as the
    /// idempotency key towards the outside world.
    /// </summary>
    public Guid MessageId { get; }

    /// <summary>How often this message was tried, counting from 1; counted durably.</summary>
    public int Attempt { get; }

    /// <summary>Sends a command with this transaction; the answer to it, if any, is not waited for.</summary>
    public void Send(ICommand command) => _sent.Add(command ?? throw new ArgumentNullException(nameof(command)));

    /// <summary>
    /// Starts a saga with this transaction: if it commits, the saga goes on, whatever happens to this process. The saga's id is
    /// derived from the message's, so a copy of the message starts no other.
    /// </summary>
    /// <typeparam name="TSaga">A saga of this service.</typeparam>
    /// <typeparam name="TState">Its state.</typeparam>
    public void Start<TSaga, TState>(TState state) where TSaga : Saga<TState> where TState : class =>
        (_started ??= []).Add((typeof(TSaga), state ?? throw new ArgumentNullException(nameof(state))));

    internal IReadOnlyList<ICommand> Sent => _sent;

    internal IReadOnlyList<(Type Saga, object State)> Started => _started ?? [];
}

/// <summary>What a handler that calls the outside world may use.</summary>
/// <param name="IdempotencyKey">The message's derived id: hand it to the provider, so that a repeat is recognised there too.</param>
/// <param name="Repeated">True when the ledger knows that an earlier call was begun and its outcome was lost.</param>
/// <param name="SagaId">The saga on whose behalf this runs, if any.</param>
/// <param name="ActionKey">For an undo: the idempotency key under which the action was called, even if its outcome never came back. Null otherwise.</param>
public sealed record OutsideContext(Guid IdempotencyKey, bool Repeated, SagaId? SagaId, Guid? ActionKey);

/// <summary>
/// A participant that calls the outside world (a card provider, a mail server). The call runs before and outside the
/// transaction, concurrently with others, under a deadline; only its outcome enters the transaction.
/// </summary>
/// <typeparam name="TCommand">The command.</typeparam>
/// <typeparam name="TReply">The reply that the command names.</typeparam>
/// <typeparam name="TOutcome">What the outside call brought back.</typeparam>
public interface IHandleOutside<in TCommand, TReply, TOutcome>
    where TCommand : ICommand<TReply>
    where TReply : class
{
    /// <summary>Calls the outside world. An exception is a fault: it is retried with back-off, with the same key.</summary>
    Task<TOutcome> CallAsync(TCommand command, OutsideContext context, CancellationToken cancellationToken);

    /// <summary>Turns the outcome into the reply, inside the transaction, guarded by the ledger.</summary>
    Reply<TReply> Record(TCommand command, TOutcome outcome, MessageContext context);
}
