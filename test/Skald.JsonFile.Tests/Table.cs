using System.Collections.ObjectModel;

namespace Skald.JsonFile;

/// <summary>Rows in the order of writing, found by their key. JSON sees a plain array.</summary>
/// <param name="keyOf">A row's key.</param>
internal sealed class Table<TKey, TRow>(Func<TRow, TKey> keyOf) : KeyedCollection<TKey, TRow>
    where TKey : notnull
    where TRow : class
{
    public TRow? Find(TKey key) => TryGetValue(key, out var row) ? row : null;

    /// <summary>Writes rows in place of those with their keys.</summary>
    public void Put(IEnumerable<TRow> rows)
    {
        foreach (var row in rows)
        {
            Remove(keyOf(row));
            Add(row);
        }
    }

    public void RemoveAll(IEnumerable<TKey> keys)
    {
        foreach (var key in keys)
        {
            Remove(key);
        }
    }

    protected override TKey GetKeyForItem(TRow item) => keyOf(item);
}
