namespace Skald.Management;

/// <summary>Merges lists, of which each keeps its own order: they are compared by their heads alone.</summary>
internal static class Heads
{
    /// <param name="lists">The lists.</param>
    /// <param name="place">Where an item wants to be among those of other lists: the least comes first.</param>
    public static IEnumerable<T> Merge<T, TPlace>(IEnumerable<IEnumerable<T>> lists, Func<T, TPlace> place)
    {
        var heads = new PriorityQueue<Queue<T>, (TPlace, int)>();
        foreach (var (index, list) in lists.Index())
        {
            Add(new Queue<T>(list), index);
        }

        while (heads.TryDequeue(out var list, out var at))
        {
            yield return list.Dequeue();
            Add(list, at.Item2);
        }

        void Add(Queue<T> list, int index)
        {
            if (list.TryPeek(out var head))
            {
                heads.Enqueue(list, (place(head), index));
            }
        }
    }
}
