using Skald.Decisions;
using Skald.Definition;
using Skald.Messaging;
using Skald.Storage;

namespace Skald;

// What is asked to see whether effects balance.
public sealed partial class SkaldOperations
{
    private const int RowsAtOnce = 1000;

    private static readonly IReadOnlySet<string> NoSteps = new HashSet<string>();

    /// <summary>The steps for which sagas of this service ask participants, in all versions of its definitions that it knows.</summary>
    public IReadOnlyList<AskedStep> AskedSteps() =>
    [
        .. (from plan in _engine.Model.Plans
            from step in plan.Steps
            from name in step.FormerNames.Prepend(step.Name)
            from command in new[] { (step.Work as StepWork.Remote)?.Command, step.Work.UndoCommand }.OfType<CommandPlan>()
            let route = _engine.Model.RouteOf(command.Type)
            select new AskedStep(_engine.Model.Service, name, route.Service, route.Contract.Name, RemovedKnownFor)).Distinct(),
    ];

    /// <summary>For how long it remembers which sagas it has removed.</summary>
    public TimeSpan RemovedKnownFor => _engine.Options.RemovedKnownFor;

    /// <summary>
    /// What this service's sagas say of their effects, and what its ledger says of those of any service's sagas, by the sagas' ids: a page after the other. All
    /// that it has of the page's sagas is on it. Sagas are read before the ledger, so that what they have been told is in the ledgers.
    /// </summary>
    /// <param name="from">The saga to begin with, as <see cref="BookPage.Next"/> said; null for the first page.</param>
    /// <param name="limit">The most sagas, and about as many rows of the ledger, on one page: 1 to 1,000.</param>
    /// <param name="cancellationToken">Abandons the reading.</param>
    /// <exception cref="ArgumentException">The limit is out of range.</exception>
    public async Task<BookPage> BookPageAsync(SagaId? from = null, int limit = MostOfPage, CancellationToken cancellationToken = default)
    {
        Check(limit);
        var first = from?.Value ?? Guid.Empty;
        var sagas = await Store.SagaOutlinesAsync(first, limit + 1, cancellationToken);
        // One that is removed between the two is on both.
        var removed = await Store.RemovedPageAsync(first, limit + 1, cancellationToken);
        var ledger = await WholeLedgerAsync(first, limit, cancellationToken);
        Guid?[] ends = [EndOf(sagas, limit, row => row.Id), EndOf(removed, limit, row => row.Id), ledger.Next];
        var next = ends.Min();
        var accounts = new List<SagaAccount>();
        foreach (var row in sagas.Where(row => IsBefore(row.Id, next)))
        {
            accounts.Add(await AccountAsync(row, cancellationToken));
        }

        accounts.AddRange(removed.Where(row => IsBefore(row.Id, next)).ExceptBy(accounts.Select(account => account.Saga.Value), row => row.Id)
            .Select(row => new SagaAccount(_engine.Model.Service, new SagaId(row.Id), row.Definition, (SagaStatus)row.Status, 0, []) { IsRemoved = true }));
        // Messages of no saga lie among them.
        return new BookPage(accounts, [.. ledger.Rows.Where(row => row.Step.Length > 0 && IsBefore(row.Scope, next)).Select(Effect)], next is { } end ? new SagaId(end) : null);
    }

    private static bool IsBefore(Guid id, Guid? end) => end is not { } known || id.CompareTo(known) < 0;

    private static Guid? EndOf<T>(IReadOnlyList<T> rows, int limit, Func<T, Guid> idOf) => rows.Count > limit ? idOf(rows[limit]) : null;

    /// <summary>All of each saga's rows: those of the one at which the page ends are left to the next.</summary>
    private async Task<(IReadOnlyList<LedgerRow> Rows, Guid? Next)> WholeLedgerAsync(Guid from, int limit, CancellationToken cancellationToken)
    {
        while (true)
        {
            var rows = await Store.LedgerPageAsync(from, limit + 1, cancellationToken);
            var next = EndOf(rows, limit, row => row.Scope);
            if (next is null || next != rows[0].Scope)
            {
                return (rows, next);
            }

            // One saga has more than a page.
            limit *= 2;
        }
    }

    private async Task<SagaAccount> AccountAsync(SagaOutlineRow row, CancellationToken cancellationToken)
    {
        var account = new SagaAccount(_engine.Model.Service, new SagaId(row.Id), row.Definition, row.Status, row.Version, []);
        if (_engine.Model.FindPlan(row.Definition, row.PlanVersion) is not { } plan)
        {
            return account with { Unread = $"this process does not know version {row.PlanVersion} of '{row.Definition}'" };
        }

        var steps = StepCodec.Decode(plan, row.Steps, out var difference);
        if (difference is not null)
        {
            return account with { Unread = difference };
        }

        var skipped = StatedEffects.NeedTimeline(plan, row.Status, steps) ? await SkippedAsync(plan, account.Saga, cancellationToken) : NoSteps;
        return account with { Steps = StatedEffects.Of(plan, row.Status, steps, skipped, command => _engine.Model.RouteOf(command.Type).Service) };
    }

    /// <summary>The steps that a person has skipped, at any time. One that was left out by its own condition is none of them.</summary>
    private async Task<IReadOnlySet<string>> SkippedAsync(SagaPlan plan, SagaId saga, CancellationToken cancellationToken)
    {
        var skipped = new HashSet<string>();
        IReadOnlyList<JournalRow> rows;
        for (var passed = 0; (rows = await Store.JournalAsync(saga.Value, passed, RowsAtOnce, cancellationToken)).Count > 0; passed += rows.Count)
        {
            skipped.UnionWith(
                from row in rows
                where row.Actor is not null || row.Reason is not null
                from entry in JournalCodec.Decode(row.Entries)
                where entry.Kind == JournalKind.Skipped
                let step = entry.Step ?? ""
                select plan.Find(step)?.Name ?? step);
        }

        return skipped;
    }

    private BookedEffect Effect(LedgerRow row) => new(
        _engine.Model.Service, new SagaId(row.Scope), row.Step, row.Undo, row.Attempt, row.Message, Enum.IsDefined(row.Outcome) ? row.Outcome : null, UnixTime.To(row.At));
}
