using System.Runtime.InteropServices;

namespace Skald.Testing;

/// <summary>Breadth-first over all states, so that the first story found is a shortest one.</summary>
internal sealed class VerifierSearch(VerifierWorld world, Faults faults, int mostStates)
{
    private readonly Dictionary<string, int> _numbers = [];
    private readonly List<(int Parent, int Move)> _origins = [];
    private readonly List<int> _depths = [];
    private readonly Queue<VerifierState> _open = new();
    private readonly Dictionary<SagaStatus, int> _ends = [];
    private readonly List<Violation> _violations = [];

    // The graph of what happens when nothing more goes wrong.
    private readonly List<(int From, int To)> _calm = [];
    private readonly List<bool> _settled = [];
    private long _transitions;

    public VerificationReport Run(object state)
    {
        var roots = world.Start(state);
        AddMoves(roots, from: -1);
        var looked = 0;
        for (; _open.Count > 0 && _violations.Count == 0 && _numbers.Count < mostStates; looked++)
        {
            AddMoves(world.Moves(_open.Dequeue()), looked);
        }

        var complete = _open.Count == 0;
        if (_violations.Count == 0)
        {
            FindStuck(state, looked, complete);
        }

        return new VerificationReport(world.Name, _numbers.Count, _transitions, _ends, _violations, complete || _violations.Count > 0)
        {
            // Breadth first: all that came before the one that would be next.
            Explored = complete || _violations.Count > 0 ? null : _depths[looked],
            Faults = faults,
        };

        void AddMoves(List<Move> moves, int from)
        {
            for (var i = 0; i < moves.Count && _violations.Count == 0; i++)
            {
                var move = moves[i];
                _transitions++;
                if ((move.Violation ?? world.Check(move.To)) is { } violation)
                {
                    _violations.Add(new Violation(violation, Story(state, from, i)));
                    return;
                }

                var number = Number(move.To, from, i);
                if (from >= 0 && move.IsCalm)
                {
                    _calm.Add((from, number));
                }
            }
        }
    }

    private int Number(VerifierState state, int from, int move)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, world.KeyOf(state), out var known);
        if (!known)
        {
            number = _origins.Count;
            _origins.Add((from, move));
            _depths.Add(from < 0 ? 0 : _depths[from] + 1);
            _open.Enqueue(state);
            var status = state.Saga.Status;
            var ended = status.IsFinal() || status == SagaStatus.Parked;
            _settled.Add(ended);
            if (ended && state.Flying.IsEmpty)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(_ends, status, out _)++;
            }
        }

        return number;
    }

    /// <summary>If nothing more goes wrong, every way from every state leads to an end: none stops before it, none goes round.</summary>
    private void FindStuck(object state, int looked, bool complete)
    {
        var ways = new int[_origins.Count];
        var into = _calm.ToLookup(e => e.To, e => e.From);
        foreach (var (from, _) in _calm)
        {
            ways[from]++;
        }

        var dead = Enumerable.Range(0, looked).FirstOrDefault(n => ways[n] == 0 && !_settled[n], -1);
        if (dead >= 0)
        {
            _violations.Add(new Violation("the saga is stuck: it has not ended, and nothing can move it any more", Story(state, dead, null)));
            return;
        }

        if (!complete)
        {
            // A way that has not been looked at may lead out of a circle.
            return;
        }

        // Take away what is settled, then what leads only to what was taken away: a circle is what stays.
        var gone = new bool[ways.Length];
        var take = new Queue<int>(Enumerable.Range(0, ways.Length).Where(n => _settled[n]));
        foreach (var n in take)
        {
            gone[n] = true;
        }

        while (take.TryDequeue(out var n))
        {
            foreach (var from in into[n])
            {
                if (--ways[from] == 0 && !gone[from])
                {
                    gone[from] = true;
                    take.Enqueue(from);
                }
            }
        }

        var round = Array.IndexOf(gone, false);
        if (round >= 0)
        {
            _violations.Add(new Violation("the saga may go round in a circle for ever, although nothing goes wrong any more", Story(state, round, null)));
        }
    }

    private List<string> Story(object state, int number, int? last)
    {
        var moves = new Stack<int>();
        if (last is { } move)
        {
            moves.Push(move);
        }

        for (var n = number; n >= 0; n = _origins[n].Parent)
        {
            moves.Push(_origins[n].Move);
        }

        // Told by living through it again.
        var story = new List<string>();
        var next = world.Start(state);
        foreach (var m in moves)
        {
            story.Add(next[m].Label + (next[m].Violation is null ? $" -> {next[m].To.Saga.Status}" : ""));
            next = next[m].Violation is null ? world.Moves(next[m].To) : [];
        }

        return story;
    }
}
