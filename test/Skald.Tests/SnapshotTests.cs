using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

public sealed class A_snapshot
{
    [Theory, EveryBackend]
    public async Task Is_left_out_when_the_state_is_too_large_and_events_go_on(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, ("albums", s => s.AddAggregate<AlbumAggregate>()));
        var page = new string('x', 150_000);
        for (var i = 0; i < 25; i++)
        {
            await AddAsync(host["albums"], page);
        }

        var album = await host["albums"].LoadAsync<Album>("1");
        Assert.Equal((25L, 25 * page.Length), (album.Version, album.State!.Text.Length));
        Assert.True(album.State.Text.Length > MessageSerializer.MaxBodyBytes);
    }

    [Fact]
    public async Task That_was_too_large_is_tried_again_with_the_next_one_and_not_with_each_event()
    {
        using var ground = new Ground(Backend.Memory);
        var log = new LogLines();
        await using var host = await Host.StartAsync(ground, ("albums", s =>
        {
            s.Services.AddSingleton<ILoggerFactory>(log);
            s.AddAggregate<AlbumAggregate>();
        }));
        var page = new string('x', 150_000);
        for (var i = 0; i < 35; i++)
        {
            await AddAsync(host["albums"], page);
        }

        // At 20 and at 30; at 10 it fitted still, or was the first that did not.
        Assert.InRange(log.Lines.Count(l => l.Contains("napshot", StringComparison.Ordinal)), 2, 3);
    }

    [Fact]
    public async Task Is_what_loading_begins_with()
    {
        using var folder = new TempFolder();
        using var ground = new Ground(Backend.Sqlite);
        await using var host = await Host.StartAsync(ground, ("albums", s => s.AddAggregate<AlbumAggregate>()));
        for (var i = 0; i < 25; i++)
        {
            await AddAsync(host["albums"], $"{i % 10}");
        }

        // What lies before the snapshot is not read: nobody notices that it is gone.
        await using (var connection = (SqliteConnection)await host["albums"].OpenAsync())
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "DELETE FROM skald_events WHERE version <= (SELECT version FROM skald_snapshots)";
            Assert.Equal(20, await command.ExecuteNonQueryAsync());
        }

        Assert.Equal("0123456789012345678901234", (await host["albums"].LoadAsync<Album>("1")).State!.Text);
    }

    private static Task<bool> AddAsync(SkaldService albums, string text) => albums.ExecuteAsync(async context =>
    {
        var album = await context.LoadAsync<Album>("1");
        context.Append(album, album.State is null ? [new AlbumBegun(text)] : [new PageAdded(text)]);
        return true;
    });

    public sealed record Album(string Text);

    [Event("ALBUM_BEGUN")]
    public sealed record AlbumBegun(string Text) : IEvent;

    [Event("PAGE_ADDED")]
    public sealed record PageAdded(string Text) : IEvent;

    public sealed class AlbumAggregate : Aggregate<Album>
    {
        protected override void Define(AggregateBuilder<Album> aggregate) => aggregate
            .Begins<AlbumBegun>(e => new Album(e.Text))
            .On<PageAdded>((album, e) => new Album(album.Text + e.Text))
            .SnapshotEvery(10);
    }
}
