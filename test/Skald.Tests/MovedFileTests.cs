using Microsoft.Extensions.DependencyInjection;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

/// <summary>
/// SQLite writes on to a file that has gone: what it says is committed there is lost. Nothing is taken on until the file is back.
/// </summary>
public sealed class A_database_file_that_is_taken_away_while_it_is_used : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ServiceProvider _provider;
    private readonly SkaldServices _services;

    public A_database_file_that_is_taken_away_while_it_is_used()
    {
        _provider = new ServiceCollection().AddSkald("t.trip", b => b.AddSaga<RemoteStep>()
            .UseSqlite(_folder.File("trip.db"))
            .UseSqliteBroker(_folder.File("broker.db"))).BuildServiceProvider();
        _services = _provider.GetRequiredService<SkaldServices>();
    }

    private SkaldService Trip => _services["t.trip"];

    [Theory]
    [InlineData("trip.db")]
    [InlineData("trip.db-wal")]
    [InlineData("broker.db")]
    [InlineData("broker.db-wal")]
    public async Task Is_named_and_nothing_is_written_until_it_is_back(string file)
    {
        await _services.ServeAsync(CancellationToken.None);
        await Trip.StartAsync<RemoteStep, Trip>(new Trip("before"));
        File.Move(_folder.File(file), _folder.File("away"));

        if (file.StartsWith("trip", StringComparison.Ordinal))
        {
            var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => Trip.StartAsync<RemoteStep, Trip>(new Trip("meanwhile")));
            Assert.Contains($"'{file}' was deleted, moved or replaced while it was in use", refused.Message, StringComparison.Ordinal);
        }

        await ProblemIsAsync(file);
        File.Move(_folder.File("away"), _folder.File(file));
        await Eventually.HoldsAsync("it is over", () => Task.FromResult(Trip.Problem is null));
        var after = await Trip.StartAsync<RemoteStep, Trip>(new Trip("after"));
        Assert.NotNull(await Trip.Operations.FindSagaAsync(after.Id));
    }

    [Theory]
    [InlineData("trip.db")]
    [InlineData("broker.db")]
    public async Task Is_not_taken_for_another_that_lies_in_its_place(string file)
    {
        await _services.ServeAsync(CancellationToken.None);
        await Trip.StartAsync<RemoteStep, Trip>(new Trip("before"));
        File.Copy(_folder.File(file), _folder.File("other"));
        File.Move(_folder.File("other"), _folder.File(file), overwrite: true);

        await ProblemIsAsync(file);
        if (file == "trip.db")
        {
            // A reader would mix it with the log of the one before it.
            await Assert.ThrowsAsync<StoreUnavailableException>(() => Trip.Operations.ProbeAsync(CancellationToken.None));
        }
    }

    [Fact]
    public async Task Is_not_made_anew()
    {
        await _services.ServeAsync(CancellationToken.None);
        File.Delete(_folder.File("trip.db"));
        await ProblemIsAsync("trip.db");
        await _services.StopAsync();
        Assert.False(File.Exists(_folder.File("trip.db")));
    }

    [Fact]
    public async Task Is_named_when_what_it_holds_is_destroyed()
    {
        await _services.ServeAsync(CancellationToken.None);
        await Trip.StartAsync<RemoteStep, Trip>(new Trip("before"));
        foreach (var part in (string[])["trip.db", "trip.db-wal"])
        {
            await using var stream = new FileStream(_folder.File(part), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            await stream.WriteAsync(new byte[stream.Length], TestContext.Current.CancellationToken);
        }

        // As readiness asks.
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Trip.Operations.ProbeAsync(CancellationToken.None));
    }

    public async ValueTask DisposeAsync()
    {
        await _services.StopAsync();
        await _provider.DisposeAsync();
        _folder.Dispose();
    }

    private Task ProblemIsAsync(string file) => Eventually.HoldsAsync(
        "the file is named", () => Task.FromResult(Trip.Problem?.Contains($"'{file}' was deleted, moved or replaced", StringComparison.Ordinal) == true));
}

/// <summary>What a service makes of files is for its own user alone.</summary>
public sealed class The_files_of_a_database
{
    [Fact]
    public async Task Are_its_owners_alone_with_all_that_lies_beside_them()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes");
        using var folder = new TempFolder();
        var data = folder.File("data");
        await using var provider = new ServiceCollection().AddSkald("t.trip", b => b.AddSaga<RemoteStep>()
            .UseSqlite(Path.Combine(data, "trips", "trip.db"))
            .UseSqliteBroker(Path.Combine(data, "broker.db"))).BuildServiceProvider();
        var services = provider.GetRequiredService<SkaldServices>();
        await services.ServeAsync(CancellationToken.None);
        await services["t.trip"].StartAsync<RemoteStep, Trip>(new Trip("T1"));
        await Eventually.HoldsAsync("another process is woken", () => Task.FromResult(File.Exists(Path.Combine(data, "broker.db.wake"))));

        var files = Directory.GetFiles(data, "*", SearchOption.AllDirectories);
        Assert.True(files.Length >= 8, string.Join(' ', files));
        Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(file)));
        Assert.All([data, .. Directory.GetDirectories(data)], made => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, ModeOf(made)));
        await services.StopAsync();
    }

    private static UnixFileMode ModeOf(string path) => OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);
}
