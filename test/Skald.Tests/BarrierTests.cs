using Skald.Decisions;
using Skald.Messaging;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

/// <summary>The one rule that participants keep. Each way to break it is seen by the verifier and by a running participant.</summary>
public sealed class The_barrier(ITestOutputHelper output)
{
    private const string Replies = "t.test.replies";
    private static readonly SagaId Saga = new(new Guid(7, 7, 7, new byte[8]));

    public static TheoryData<string> Mutants => [.. BrokenBarriers.All.Keys];

    [Theory]
    [InlineData("", false, 1, nameof(VerdictKind.Apply))]
    [InlineData("", true, 1, nameof(VerdictKind.NothingToUndo))]
    [InlineData("", true, 1, nameof(VerdictKind.RefuseMissing), true)]
    [InlineData("do 1 Refused", true, 2, nameof(VerdictKind.RefuseMissing), true)]
    [InlineData("do 1 Done", true, 1, nameof(VerdictKind.Apply), true)]
    [InlineData("do 1 Done, undo 1 Done", true, 2, nameof(VerdictKind.AnswerAgain), true)]
    [InlineData("undo 1 Missing", true, 1, nameof(VerdictKind.AnswerAgain), true)]
    [InlineData("undo 1 Missing", true, 2, nameof(VerdictKind.RefuseMissing), true)]
    [InlineData("undo 1 Missing", false, 1, nameof(VerdictKind.RefuseUndone))]
    [InlineData("do 1 Done, undo 1 Missing", true, 2, nameof(VerdictKind.Apply), true)]
    [InlineData("do 1 Done", false, 1, nameof(VerdictKind.AnswerAgain))]
    [InlineData("do 1 Done", false, 2, nameof(VerdictKind.Apply))]
    [InlineData("do 1 Done", true, 1, nameof(VerdictKind.Apply))]
    [InlineData("do 1 Refused", false, 1, nameof(VerdictKind.AnswerAgain))]
    [InlineData("do 1 Refused", false, 2, nameof(VerdictKind.Apply))]
    [InlineData("do 1 Refused", true, 1, nameof(VerdictKind.NothingToUndo))]
    [InlineData("do 1 Begun", false, 1, nameof(VerdictKind.ApplyAgain))]
    [InlineData("do 1 Begun", true, 1, nameof(VerdictKind.Apply))]
    [InlineData("do 1 Done, undo 1 Begun", true, 1, nameof(VerdictKind.ApplyAgain))]
    [InlineData("do 1 Done, undo 1 Done", true, 1, nameof(VerdictKind.AnswerAgain))]
    [InlineData("do 1 Done, undo 1 Done", true, 2, nameof(VerdictKind.AnswerAgain))]
    [InlineData("do 1 Done, undo 1 Refused", true, 1, nameof(VerdictKind.AnswerAgain))]
    [InlineData("do 1 Done, undo 1 Refused", true, 2, nameof(VerdictKind.Apply))]
    [InlineData("do 1 Done, undo 1 Done", false, 2, nameof(VerdictKind.RefuseUndone))]
    [InlineData("undo 1 Empty", false, 1, nameof(VerdictKind.RefuseUndone))]
    [InlineData("undo 1 Empty", true, 1, nameof(VerdictKind.AnswerAgain))]
    [InlineData("undo 1 Empty", true, 2, nameof(VerdictKind.NothingToUndo))]
    public void Judges(string entries, bool undo, int attempt, string verdict, bool wasDone = false) =>
        Assert.Equal(verdict, LedgerBarrier.Judge(Marks(entries), undo, attempt, wasDone).Kind.ToString());

    [Theory, MemberData(nameof(Mutants))]
    public void Is_missed_by_the_verifier_when_it_is_broken(string mutant)
    {
        var report = SagaVerifier.For(TripSagas.WithWhen.Plan()).StartedWith(new Trip("T1", Insured: true))
            .Faults(f => f with { Duplicates = 1, Timeouts = 1, Refusals = 1, UndoFailures = 1, Resumes = 1, LocalFaults = 1, Oblivions = 1 })
            .WithBarrier(BrokenBarriers.All[mutant]).Verify();
        output.WriteLine(report.ToString());
        Assert.NotEmpty(report.Violations);
    }

    [Fact]
    public async Task Holds_in_a_running_participant() => Assert.Empty(await ViolationsAsync(LedgerBarrier.Judge));

    [Theory, MemberData(nameof(Mutants))]
    public async Task Is_missed_in_a_running_participant_when_it_is_broken(string mutant) =>
        Assert.NotEmpty(await ViolationsAsync(BrokenBarriers.All[mutant]));

    /// <summary>Every order in which two actions, two undos and their copies may come, each in a saga of its own.</summary>
    private static async Task<List<string>> ViolationsAsync(BarrierRule barrier)
    {
        using var ground = new Ground(Backend.Memory);
        var desk = new Desk();
        await using var host = await Host.StartAsync(ground, ("t.seats", s => s.AddDesk(desk).Configure(o => o with { Barrier = barrier })));
        await using var wire = await Wire.StartAsync(host["t.seats"], Replies);
        var violations = new List<string>();
        foreach (var (story, number) in Stories().Select((story, number) => (story, number)))
        {
            var trip = $"{string.Join(' ', story)} #{number}";
            var answers = new List<(string What, MessageKind Kind)>();
            foreach (var what in story)
            {
                var message = Message(number, what);
                await wire.SendAsync(message, what.StartsWith('d') ? new ReserveSeat(trip) : new ReleaseSeat(trip));
                answers.Add((what, (await wire.NextAsync()).Envelope!.Kind));
            }

            violations.AddRange(Check(trip, answers, desk.Of(trip)));
        }

        return violations;
    }

    private static IEnumerable<string[]> Stories()
    {
        // With a mark of exclamation, an undo of what the saga knows to be done.
        string[][] stories = [["do1", "do2", "undo1", "undo2"], ["do1", "do2", "undo1!", "undo2!"]];
        return from messages in stories from a in messages from b in messages from c in messages from d in messages select new[] { a, b, c, d };
    }

    private static IEnumerable<string> Check(string trip, List<(string What, MessageKind Kind)> answers, string effects)
    {
        if (effects.Split('r').Any(part => part.Count(c => c == '+') > 2) || effects.StartsWith('-'))
        {
            yield return $"{trip}: {effects}";
        }

        if (effects.IndexOf('-', StringComparison.Ordinal) is var undone and >= 0 && effects.AsSpan(undone + 1).ContainsAny('+', '-'))
        {
            yield return $"{trip}: something happened after the undo: {effects}";
        }

        foreach (var same in answers.GroupBy(a => a.What).Where(g => g.Select(a => a.Kind).Distinct().Count() > 1))
        {
            yield return $"{trip}: '{same.Key}' was answered in two ways";
        }

        if (effects.Count(c => c == '+') > answers.Where(a => a.What[0] == 'd').Select(a => a.What).Distinct().Count())
        {
            yield return $"{trip}: a repeat took effect: {effects}";
        }

        var first = answers.FindIndex(a => a.What[0] == 'u');
        if (first >= 0 && answers.Skip(first).Any(a => a.What[0] == 'd' && a.Kind == MessageKind.Reply && answers.FindIndex(b => b.What == a.What) > first))
        {
            yield return $"{trip}: an action was accepted after the undo";
        }

        var done = answers.FindIndex(a => a is { What: ['d', ..], Kind: MessageKind.Reply });
        if (answers.FindIndex(a => a.What.EndsWith('!') && a.Kind == MessageKind.Reply) is var known and >= 0 && (done < 0 || done > known))
        {
            yield return $"{trip}: what was lost was said to be undone";
        }

        // The desk refuses a second attempt's undo no more than the first's: a refusal of one attempt says nothing of the next.
        if (answers.Any(a => a.What == "do2" && a.Kind == MessageKind.Refusal) && first < 0)
        {
            yield return $"{trip}: the second attempt was answered with the first one's refusal";
        }
    }

    private static Envelope Message(int number, string what)
    {
        var (undo, attempt) = (what.StartsWith('u'), what.TrimEnd('!')[^1] - '0');
        var saga = new SagaId(new Guid(number, 7, 7, new byte[8]));
        return new Envelope
        {
            Id = MessageIds.Command(saga, "reserve seat", default, attempt, undo),
            Type = undo ? "seats.release" : "seats.reserve",
            Kind = MessageKind.Command,
            Source = "t.test",
            Destination = "t.seats.commands",
            ReplyTo = Replies,
            Saga = saga,
            Step = "reserve seat",
            Attempt = attempt,
            Undo = undo,
            WasDone = what.EndsWith('!'),
            Time = default,
        };
    }

    private static LedgerMark[] Marks(string entries) =>
    [
        .. entries.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(e => e.Split(' '))
            .Select(e => new LedgerMark(e[0] == "undo", int.Parse(e[1]), Enum.Parse<LedgerOutcome>(e[2]))),
    ];

    /// <summary>Writes down what happens to each trip: + for an effect, r for a refusal, - for an undo. The first attempt of every third trip is refused.</summary>
    internal sealed class Desk
    {
        private readonly Dictionary<string, string> _effects = [];

        public string Of(string trip) => _effects.GetValueOrDefault(trip, "");

        public Reply<SeatReserved> Handle(ReserveSeat command, MessageContext context)
        {
            var isRefused = Of(command.Trip).Length == 0 && command.Trip.EndsWith('3');
            _effects[command.Trip] = Of(command.Trip) + (isRefused ? 'r' : '+');
            return isRefused ? new Refusal("Full", "no seats left") : new SeatReserved("12A");
        }

        public Reply<Done> Handle(ReleaseSeat command, MessageContext context)
        {
            _effects[command.Trip] = Of(command.Trip) + '-';
            return Done.Instance;
        }
    }
}

internal static class DeskRegistration
{
    public static SkaldBuilder AddDesk(this SkaldBuilder builder, The_barrier.Desk desk)
    {
        Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions.AddSingleton(builder.Services, desk);
        return builder.AddHandlers<The_barrier.Desk>();
    }
}
