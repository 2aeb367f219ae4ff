using System.Text.Json;
using Dapper;
using Skald.Decisions;
using Skald.Storage;

namespace Skald.EndToEnd;

/// <summary>What the audit found.</summary>
internal sealed record AuditReport(int Completed, int Compensated, int TimedOut, int Resent, int Tickets, int Authorizations, int ProviderCalls, IReadOnlyList<string> Problems)
{
    public override string ToString() =>
        $"{Completed} completed, {Compensated} compensated ({TimedOut} by a deadline that a kill made them miss); {Resent} commands sent again; " +
        $"{Tickets} tickets, {Authorizations} authorizations, {ProviderCalls} calls of the card provider; {Problems.Count} problems" +
        string.Concat(Problems.Take(20).Select(p => Environment.NewLine + "  " + p));
}

/// <summary>
/// Compares what the orchestrator believes with what each participant did, from their databases and the card provider's
/// books: each effect once, each undo once, none without the other, every message accounted for.
/// </summary>
internal sealed class FoodOrdersAudit(AuditSource source)
{
    private static readonly string[] Services = ["order", "consumer", "restaurant", "accounting"];

    /// <summary>Whether nothing is under way any more: no saga, no message, no retry. Looked at twice: a retry that becomes an answer between the reads of one look is in neither.</summary>
    public async Task<bool> IsAtRestAsync() => await SeemsAtRestAsync() && await SeemsAtRestAsync();

    /// <summary>How many orders have ended, well or not.</summary>
    public Task<long> EndedAsync() => CountAsync("order", "SELECT count(*) FROM skald_sagas WHERE status IN (2, 3)");

    public async Task<AuditReport> CheckAsync(int orders, Func<int, bool> mustFail)
    {
        var problems = new List<string>();
        var sagas = await source.RowsAsync<(string Id, int Status, string? FailureType)>(
            "order", $"SELECT {source.Hex("id")}, CAST(status AS integer), failure_type FROM skald_sagas");
        Expect(sagas.Count == orders, $"{sagas.Count} sagas for {orders} orders");

        var byOrder = await OrdersAsync();
        var tickets = (await source.RowsAsync<(string Saga, string Status)>("restaurant", "SELECT replace(saga_id, '-', ''), status FROM tickets")).ToLookup(t => t.Saga, t => t.Status);
        var authorizations = (await source.RowsAsync<(string Saga, string Status, string Key)>(
            "accounting", "SELECT replace(saga_id, '-', ''), status, provider_key FROM authorizations")).ToLookup(a => a.Saga);
        var restaurant = await LedgerAsync("restaurant");
        var accounting = await LedgerAsync("accounting");
        var provider = ProviderBooks();

        foreach (var (id, status, failureType) in sagas)
        {
            var completed = (SagaStatus)status == SagaStatus.Completed;
            Expect(completed || (SagaStatus)status == SagaStatus.Compensated, $"saga {id} is {(SagaStatus)status}");
            Expect(byOrder[id].SequenceEqual([completed ? "approved" : "rejected"]), $"saga {id} ({status}) has orders {string.Join(",", byOrder[id])}");
            Expect(tickets[id].Count() <= 1 && tickets[id].All(t => t == (completed ? "approved" : "rejected")), $"saga {id} ({status}) has tickets {string.Join(",", tickets[id])}");
            Expect(!completed || tickets[id].Any(), $"completed saga {id} has no ticket");
            Expect(authorizations[id].Count() <= 1 && authorizations[id].All(a => a.Status == (completed ? "authorized" : "reversed")), $"saga {id} ({status}) has authorizations {string.Join(",", authorizations[id].Select(a => a.Status))}");
            Expect(!completed || authorizations[id].Any(), $"completed saga {id} has no authorization");
            CheckLedger(restaurant[id], "create ticket", id, completed);
            CheckLedger(accounting[id], "authorize card", id, completed);
            Expect(completed || failureType == "Timeout" || failureType is "ValueError" or "KeyError", $"saga {id} failed with {failureType}");
        }

        foreach (var (key, status, authorized, reversed) in provider)
        {
            Expect(authorized <= 1 && reversed <= authorized, $"the provider authorized {key} {authorized} times and reversed it {reversed} times");
            var booked = authorizations.SelectMany(a => a).Where(a => a.Key == key).Select(a => a.Status).FirstOrDefault();
            Expect((status == "authorized") == (booked == "authorized"), $"the provider has {key} as {status}, accounting as {booked}");
        }

        var expectedFailures = Enumerable.Range(0, orders).Count(mustFail);
        var compensated = sagas.Count(s => (SagaStatus)s.Status == SagaStatus.Compensated);
        var timedOut = sagas.Count(s => s.FailureType == "Timeout");
        Expect(compensated - timedOut <= expectedFailures && compensated >= expectedFailures, $"{compensated} compensated, {timedOut} of them timed out, {expectedFailures} had to fail");
        Expect(await MessagesLeftAsync() == 0, $"messages are left: {await source.MessagesAsync()} in queues; {string.Join(", ", await WaitingAsync())}");
        foreach (var service in Services)
        {
            Expect(await CountAsync(service, "SELECT count(*) FROM skald_dead_letters") == 0, $"{service} has dead letters");
        }

        var journal = await source.RowsAsync<string>("order", "SELECT entries FROM skald_journal");
        var resent = journal.SelectMany(JournalCodec.Decode).Count(e => e.Kind == JournalKind.Resent);
        return new AuditReport(sagas.Count - compensated, compensated, timedOut, resent, tickets.Sum(t => t.Count()), authorizations.Sum(a => a.Count()), ProviderCalls(), problems);

        void Expect(bool holds, string otherwise)
        {
            if (!holds)
            {
                problems.Add(otherwise);
            }
        }

        void CheckLedger(IEnumerable<(string Saga, string Step, bool Undo, int Outcome)> rows, string step, string id, bool completed)
        {
            var done = rows.Count(r => r.Step == step && !r.Undo && (LedgerOutcome)r.Outcome == LedgerOutcome.Done);
            var begun = rows.Count(r => r.Step == step && !r.Undo && (LedgerOutcome)r.Outcome == LedgerOutcome.Begun);
            var undone = rows.Count(r => r.Step == step && r.Undo && (LedgerOutcome)r.Outcome == LedgerOutcome.Done);
            Expect(done <= 1 && undone <= 1, $"saga {id}: '{step}' done {done} times, undone {undone} times");
            Expect(completed ? done == 1 && undone == 0 : undone >= done && undone <= done + begun, $"saga {id} (completed: {completed}): '{step}' done {done}, begun {begun}, undone {undone}");
        }
    }

    private async Task<ILookup<string, string>> OrdersAsync() =>
        (await source.RowsAsync<(string Saga, string Status)>(
            "order", $"SELECT {source.Hex("s.id")}, o.status FROM orders AS o JOIN skald_sagas AS s ON s.business_key = CAST(o.id AS text)")).ToLookup(o => o.Saga, o => o.Status);

    /// <summary>An outside call that was begun and came back after its undo is refused then; for the books it counts as begun.</summary>
    private async Task<ILookup<string, (string Saga, string Step, bool Undo, int Outcome)>> LedgerAsync(string service) =>
        (await source.RowsAsync<(string Saga, string Step, bool Undo, int Outcome)>(
            service,
            $"""
            SELECT {source.Hex("scope")}, step, undo, CASE WHEN {source.Text("reply")} LIKE '%AlreadyUndone%' THEN 0 ELSE CAST(outcome AS integer) END
            FROM skald_ledger
            """)).ToLookup(r => r.Saga);

    /// <summary>What waits in the services' outboxes and among their delayed messages.</summary>
    private async Task<List<string>> WaitingAsync()
    {
        var waiting = new List<string>();
        foreach (var service in Services)
        {
            waiting.AddRange(await source.RowsAsync<string>(service, $"SELECT 'outbox of {service}: ' || {source.Text("envelope")} FROM skald_outbox"));
            waiting.AddRange(await source.RowsAsync<string>(service, $"SELECT 'delayed in {service}: ' || coalesce(reason, '') || ' ' || {source.Text("envelope")} FROM skald_delayed"));
        }

        return waiting;
    }

    private async Task<bool> SeemsAtRestAsync() =>
        await CountAsync("order", "SELECT count(*) FROM skald_sagas WHERE status IN (0, 1)") == 0 && await MessagesLeftAsync() == 0;

    private async Task<long> MessagesLeftAsync()
    {
        var left = await source.MessagesAsync();
        foreach (var service in Services)
        {
            left += await CountAsync(service, "SELECT (SELECT count(*) FROM skald_outbox) + (SELECT count(*) FROM skald_delayed)");
        }

        return left;
    }

    private List<(string Key, string Status, int Authorizations, int Reversals)> ProviderBooks() =>
        [.. Books().Select(b => (b.GetProperty("key").GetString()!, b.GetProperty("status").GetString()!, b.GetProperty("authorizations").GetInt32(), b.GetProperty("reversals").GetInt32()))];

    private int ProviderCalls() => Books().Sum(b => b.GetProperty("calls").GetInt32());

    private IEnumerable<JsonElement> Books() =>
        Directory.EnumerateFiles(Path.Combine(source.Data, "food-orders", "card-provider"), "*.json").Select(file => JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(file)));

    private async Task<long> CountAsync(string service, string sql) => (await source.RowsAsync<long>(service, sql)).Single();
}
