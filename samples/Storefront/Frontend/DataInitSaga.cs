using System.Text.Json;
using Skald;

namespace Storefront.Frontend;

/// <summary>Every service that owns a part of the data begins anew with the document's.</summary>
public sealed class DataInitSaga : Saga<DataInit>
{
    private const string NothingToUndo = "whoever begins anew wants to lose what was";

    /// <inheritdoc/>
    protected override void Define(SagaBuilder<DataInit> saga)
    {
        ArgumentNullException.ThrowIfNull(saga);

        saga.Step("reset payments").Send(_ => new ResetPayments()).OnReply((d, reply) => d.With(reply)).NothingToUndo(NothingToUndo);
        saga.Step("reset orders").Send(_ => new ResetOrders()).OnReply((d, reply) => d.With(reply)).NothingToUndo(NothingToUndo);
        saga.Step("reset inventory").Send(_ => new ResetInventory()).OnReply((d, reply) => d.With(reply)).NothingToUndo(NothingToUndo);
    }

    /// <summary>The state of such a saga.</summary>
    public static DataInit StateOf(SagaSnapshot saga)
    {
        ArgumentNullException.ThrowIfNull(saga);
        return saga.State.Deserialize(FrontendJson.Default.DataInit) ?? new DataInit([]);
    }
}

/// <summary>What was deleted and written, a line each.</summary>
public sealed record DataInit(IReadOnlyList<string> Lines)
{
    internal DataInit With(DataReset reply) => new([.. Lines, .. reply.Lines]);
}
