using Skald.Testing;
using Xunit;

namespace Skald.Tests;

public sealed class Sqlite_projections_keep_the_contract : IDisposable
{
    private readonly SmallDisk _disk = new();

    public static TheoryData<string> Cases => [.. ProjectionStoreContract.Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task It_holds_that(string name)
    {
        Assert.SkipUnless(_disk.CanFill || !name.Contains("full disk", StringComparison.Ordinal), "only root can make a small disk");
        return ProjectionStoreContract.RunAsync(name, SqliteGround.ForProjections(_disk));
    }

    public void Dispose() => _disk.Dispose();
}
