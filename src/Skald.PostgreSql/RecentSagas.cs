using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>
/// The rows of sagas that this process wrote last and that are not over: while nobody else writes them, they need not be read
/// again. Two generations: what was not written while the younger one filled up is forgotten.
/// </summary>
internal sealed class RecentSagas
{
    /// <summary>Of one generation.</summary>
    private const int MostBytes = 4 << 20;

    // What a row takes beside its state and steps.
    private const int RowBytes = 400;

    private readonly Lock _lock = new();
    private Dictionary<Guid, SagaRow> _young = [];
    private Dictionary<Guid, SagaRow> _old = [];
    private int _youngBytes;

    public SagaRow? Find(Guid id)
    {
        lock (_lock)
        {
            return _young.TryGetValue(id, out var row) || _old.TryGetValue(id, out row) ? row : null;
        }
    }

    /// <summary>What was committed.</summary>
    public void Keep(List<SagaRow> written)
    {
        lock (_lock)
        {
            foreach (var row in written)
            {
                if (row.Status.IsFinal() || row.Status == SagaStatus.Parked)
                {
                    _young.Remove(row.Id);
                    _old.Remove(row.Id);
                    continue;
                }

                _young[row.Id] = row;
                _youngBytes += RowBytes + row.State.Length + (row.Steps.Length * sizeof(char));
            }

            if (_youngBytes > MostBytes)
            {
                (_old, _young, _youngBytes) = (_young, [], 0);
            }
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            (_old, _young, _youngBytes) = ([], [], 0);
        }
    }
}
