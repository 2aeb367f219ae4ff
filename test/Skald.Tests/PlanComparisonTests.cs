using Xunit;

namespace Skald.Tests;

/// <summary>What a change means for sagas under way is said before it is deployed.</summary>
public sealed class A_plan_that_is_checked
{
    private static void Deployed(SagaBuilder<Trip> saga)
    {
        saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
        saga.WaitFor<TripApproved>("approval");
        saga.Pivot("charge card").Send(t => new ChargeCard(t.Id));
        saga.Retriable("print ticket").Send(t => new PrintTicket(t.Id)).ParkIfRefused();
    }

    [Fact]
    public async Task Says_nothing_when_nothing_has_changed() => Assert.Empty(await CompareAsync(new TestSaga(Deployed)));

    [Fact]
    public async Task Goes_on_when_a_version_says_what_has_changed() => Assert.Equal(
        [("trip 2", PlanVerdict.GoesOn)],
        (await CompareAsync(new TestSaga(
            saga =>
            {
                saga.Step("check").Send(t => new ReserveSeat(t.Id)).NothingToUndo("a test").Since(2);
                saga.Step("take seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id)).Formerly("reserve seat", before: 2);
                saga.WaitFor<TripApproved>("approval").Until(2);
                saga.Pivot("charge card").Send(t => new ChargeCard(t.Id));
                saga.Retriable("print ticket").Send(t => new PrintTicket(t.Id)).ParkIfRefused();
            },
            version: 2))).Select(f => (f.What, f.Verdict)));

    [Theory]
    [InlineData("removed", PlanVerdict.Skips, "step 'reserve seat' is removed: who has not come to it skips it, who has taken it undoes it")]
    [InlineData("removed wait", PlanVerdict.Parks, "the wait 'approval' is removed: who waits there waits on. Keep it, with Until")]
    [InlineData("gone", PlanVerdict.Parks, "step 'reserve seat' is gone: keep it with Until(2), or say Removed(\"reserve seat\", since: 2)")]
    [InlineData("renamed", PlanVerdict.GoesOn, "step 'reserve seat' is called 'take seat': safe where no process with the old code runs beside; otherwise say before which version")]
    [InlineData("moved", PlanVerdict.Parks, "step 'approval' has another place: raise the version, and give the moved step another name")]
    [InlineData("local", PlanVerdict.Parks, "step 'reserve seat' was remote and is local: raise the version, and give the new one another name")]
    [InlineData("asks another", PlanVerdict.GoesOn, "step 'reserve seat' asks 'rooms.book' instead of 'seats.reserve'; what is open is answered as it was asked")]
    [InlineData("not undone", PlanVerdict.GoesOn, "step 'reserve seat' is undone by nothing instead of seats.release, also where it was taken before")]
    [InlineData("forgotten", PlanVerdict.Parks, "the version is no longer carried: lower OldestVersion to 1 until none is under way")]
    [InlineData("other name", PlanVerdict.Parks, "the saga is no longer defined: keep its class until none is under way")]
    public async Task Names_what_a_change_does_and_the_way_out(string change, PlanVerdict verdict, string text)
    {
        var findings = await CompareAsync(Changed(change));
        Assert.Contains(findings, f => f == new PlanFinding("trip 1", verdict, text));
        Assert.DoesNotContain(findings, f => f.Verdict == PlanVerdict.Parks && verdict != PlanVerdict.Parks);
    }

    [Fact]
    public async Task Says_what_was_added_under_the_same_version()
    {
        var findings = await CompareAsync(new TestSaga(saga =>
        {
            saga.Step("check").Send(t => new ReserveSeat(t.Id)).NothingToUndo("a test");
            Deployed(saga);
        }));
        Assert.Equal(
            new PlanFinding("trip 1", PlanVerdict.Skips, "step 'check' was added under the same version: who has passed its place skips it. Beside processes with the old code, raise the version and say Since(2)"),
            Assert.Single(findings));
    }

    [Fact]
    public void Says_which_messages_on_their_way_cannot_be_read()
    {
        var deployed = new SavedService("t.trips", [], [new SavedMessage("seats.reserve", Members(("trip", "String"), ("seat", "String"), ("row", "Int32!")))]);
        var now = new SavedService("t.trips", [], [new SavedMessage("seats.reserve", Members(("trip", "Guid"), ("seat", "String!"), ("class", "String!"), ("aisle", "Boolean")))]);
        Assert.Equal(
            [
                (PlanVerdict.Parks, "'trip' was String and is Guid: give the message another wire name, or the member another name"),
                (PlanVerdict.Parks, "'seat' must be there now, and messages on their way may have none: leave it optional"),
                (PlanVerdict.Parks, "'class' must be there, and messages on their way have none: make it optional, or give the message another wire name"),
                (PlanVerdict.Parks, "'row' is gone, and processes with the old code cannot read the message without it"),
            ],
            PlanComparison.Compare(deployed, now).Select(f => (f.Verdict, f.Text)));
    }

    private static Dictionary<string, string> Members(params (string Name, string Type)[] members) => members.ToDictionary(m => m.Name, m => m.Type);

    private static TestSaga Changed(string change)
    {
        return new TestSaga(
            saga =>
            {
                First(saga);
                if (change == "removed wait")
                {
                    saga.Removed("approval", since: 2).NothingToUndo("a test");
                }
                else if (change != "moved")
                {
                    saga.WaitFor<TripApproved>("approval");
                }

                if (change == "moved")
                {
                    saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
                }

                saga.Pivot("charge card").Send(t => new ChargeCard(t.Id));
                saga.Retriable("print ticket").Send(t => new PrintTicket(t.Id)).ParkIfRefused();
            },
            change == "other name" ? "journey" : "trip",
            version: change is "removed" or "removed wait" or "forgotten" ? 2 : 1,
            oldest: change == "forgotten" ? 2 : 1);

        void First(SagaBuilder<Trip> saga)
        {
            switch (change)
            {
                case "removed": saga.Removed("reserve seat", since: 2).Undo(t => new ReleaseSeat(t.Id)); break;
                case "gone": break;
                case "renamed": saga.Step("take seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id)).Formerly("reserve seat"); break;
                case "moved": saga.WaitFor<TripApproved>("approval"); break;
                case "local": saga.Step("reserve seat").Do((t, _) => t).NothingToUndo("a test"); break;
                case "asks another": saga.Step("reserve seat").Send(t => new BookRoom(t.Id)).Undo(t => new ReleaseSeat(t.Id)); break;
                case "not undone": saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).NothingToUndo("a test"); break;
                default: saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id)); break;
            }
        }
    }

    private static async Task<IReadOnlyList<PlanFinding>> CompareAsync(TestSaga now) => PlanComparison.Compare(await SavedAsync(new TestSaga(Deployed)), await SavedAsync(now));

    private static async Task<SavedService> SavedAsync(TestSaga saga)
    {
        using var ground = new Ground(Backend.Memory);
        await using var host = await Host.OpenAsync(ground, ("t.trips", s => s.AddTestSaga(saga)));
        return SavedService.Of(host["t.trips"]);
    }
}
