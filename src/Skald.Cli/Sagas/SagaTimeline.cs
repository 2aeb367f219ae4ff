using System.Runtime.CompilerServices;
using Skald.Cli.Commands;
using Skald.Management;

namespace Skald.Cli.Sagas;

/// <summary>What happened to a saga, read once; asked again, it goes on where it was.</summary>
internal sealed class SagaTimeline(IManagement management, Named saga)
{
    // Pages are counted in transactions, in each of which several things may have happened.
    private int _page;
    private int _seenOfPage;

    /// <summary>What has happened since it was asked last, oldest first.</summary>
    public async IAsyncEnumerable<TimelineItem> NewAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var part = await management.TimelineAsync(saga.Service, saga.Name, _page, cancellationToken: cancellationToken);
            foreach (var item in part.Items.Skip(_seenOfPage))
            {
                _seenOfPage++;
                yield return item;
            }

            if (part.Next is not { } next || next <= _page)
            {
                yield break;
            }

            (_page, _seenOfPage) = (next, 0);
        }
    }
}
