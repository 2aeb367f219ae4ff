using Skald.Decisions;
using Skald.Storage;

namespace Skald.EndToEnd;

/// <summary>What the audit found.</summary>
internal sealed record ChoreographyReport(int Done, int Failed, decimal In, decimal Kept, decimal Back, IReadOnlyList<string> Problems)
{
    public override string ToString() =>
        $"{Done} done, {Failed} failed; money in {In}, kept {Kept}, returned {Back}; {Problems.Count} problems" + string.Concat(Problems.Take(20).Select(p => Environment.NewLine + "  " + p));
}

/// <summary>
/// Compares the books of the three services with each other and with the flows: every booking ends, every slot has one owner,
/// every cent is kept or returned, and the flow says what the books say.
/// </summary>
internal sealed class ChoreographyAudit(AuditSource source)
{
    private static readonly string[] Services = ["booking", "billing", "parking"];

    /// <summary>Whether nothing is under way any more: no flow, no message, no retry. Looked at twice: a retry that becomes an answer between the reads of one look is in neither.</summary>
    public async Task<bool> IsAtRestAsync() => await SeemsAtRestAsync() && await SeemsAtRestAsync();

    private async Task<bool> SeemsAtRestAsync() =>
        await CountAsync("booking", "SELECT count(*) FROM skald_flows WHERE status IN (0, 4)") == 0 && await MessagesLeftAsync() == 0;

    /// <param name="expected">How many bookings were made.</param>
    /// <param name="flows">All flows, as their owner tells them.</param>
    public async Task<ChoreographyReport> CheckAsync(int expected, IReadOnlyList<FlowSnapshot> flows)
    {
        var problems = new List<string>();
        var bookings = await source.RowsAsync<(string Reference, string Status)>("booking", "SELECT reference_no, status FROM booking");
        var bills = (await source.RowsAsync<(string Reference, string Status, long Total, long In, long Back)>(
            "billing",
            """
            SELECT reference_no, status, total_cents,
                (SELECT COALESCE(SUM(cents), 0) FROM billing_entry WHERE billing_request_id = b.id AND kind = 'payment'),
                (SELECT COALESCE(SUM(cents), 0) FROM billing_entry WHERE billing_request_id = b.id AND kind = 'refund')
            FROM billing_request b
            """)).ToDictionary(b => b.Reference);
        var slots = (await source.RowsAsync<(string Uuid, string Status)>("parking", "SELECT uuid, status FROM parking_slot")).ToDictionary(s => s.Uuid, s => s.Status);
        var owners = (await source.RowsAsync<(string Key, string Owner)>("parking", "SELECT key, owner FROM skald_lock")).ToDictionary(o => o.Key["slot:".Length..], o => o.Owner["reservation ".Length..]);
        var byId = flows.ToDictionary(f => f.Id);

        Expect(bookings.Count == expected && bills.Count == expected && flows.Count == expected, $"{bookings.Count} bookings, {bills.Count} bills and {flows.Count} flows, where {expected} bookings were made");
        foreach (var (reference, status) in bookings)
        {
            var bill = bills.GetValueOrDefault(reference);
            var slot = reference.Split(':')[0];
            var flow = byId.GetValueOrDefault(reference);
            var owns = owners.GetValueOrDefault(slot) == reference;
            switch (status)
            {
                case "done":
                    Expect(bill is { Status: "paid", Back: 0 } && bill.In == bill.Total, $"{reference} is done, its bill {bill}");
                    Expect(owns && slots[slot] == "reserved", $"{reference} is done, its slot {slots[slot]} for {owners.GetValueOrDefault(slot)}");
                    Expect(flow?.Status == FlowStatus.Completed, $"{reference} is done, its flow {flow?.Status}");
                    break;
                case "failed":
                    Expect(bill.Status is "refunded" or "cancelled" && bill.In == bill.Back && (bill.Status == "cancelled" || bill.In == bill.Total), $"{reference} has failed, its bill {bill}");
                    Expect(!owns, $"{reference} has failed and owns its slot");
                    Expect(flow?.Status == FlowStatus.Undone, $"{reference} has failed, its flow {flow?.Status}");
                    break;
                default:
                    problems.Add($"{reference} is {status}");
                    break;
            }
        }

        var done = bookings.Count(b => b.Status == "done");
        Expect(owners.Count == done && slots.Count(s => s.Value == "reserved") == done, $"{owners.Count} slots have owners, {slots.Count(s => s.Value == "reserved")} are reserved, {done} bookings are done");
        Expect(await MessagesLeftAsync() == 0, "messages are left");
        foreach (var service in Services)
        {
            Expect(await CountAsync(service, "SELECT count(*) FROM skald_dead_letters") == 0, $"{service} has dead letters");
        }

        var told = (await source.RowsAsync<string>("parking", "SELECT entries FROM skald_journal")).SelectMany(JournalCodec.Decode)
            .Where(e => e.Kind == JournalKind.Published).GroupBy(e => e.Step ?? "").ToDictionary(g => g.Key, g => g.Count());
        Expect(told.GetValueOrDefault("RESERVED_BOOKING_EVENT") == done, $"{told.GetValueOrDefault("RESERVED_BOOKING_EVENT")} reservations were told, {done} bookings are done");
        return new ChoreographyReport(
            done, bookings.Count - done, bills.Values.Sum(b => b.In) / 100m, bills.Values.Sum(b => b.In - b.Back) / 100m, bills.Values.Sum(b => b.Back) / 100m, problems);

        void Expect(bool holds, string otherwise)
        {
            if (!holds)
            {
                problems.Add(otherwise);
            }
        }
    }

    private async Task<long> MessagesLeftAsync()
    {
        var left = await source.MessagesAsync();
        foreach (var service in Services)
        {
            left += await CountAsync(service, "SELECT (SELECT count(*) FROM skald_outbox) + (SELECT count(*) FROM skald_delayed)");
        }

        return left;
    }

    private async Task<long> CountAsync(string service, string sql) => (await source.RowsAsync<long>(service, sql)).Single();
}
