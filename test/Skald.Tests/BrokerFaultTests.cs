using Skald.Messaging;
using Skald.Sqlite;
using Xunit;

namespace Skald.Tests;

public sealed class A_broker_in_a_SQLite_file_whose_writing_fails_in_a_way_nobody_foresaw : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Says_so_and_goes_on_when_it_can()
    {
        await using var broker = new SqliteBroker(_folder.File("broker.db"), new SqliteOptions(), TimeProvider.System);
        await broker.StartAsync(CancellationToken.None);
        broker.BeforeWrite = static () => throw new NotSupportedException("nobody foresaw this");

        var sending = broker.SendAsync([Message], CancellationToken.None);
        await Eventually.HoldsAsync("the broker has a problem", () => Task.FromResult(broker.Problem?.Contains("nobody foresaw this", StringComparison.Ordinal) == true));
        Assert.False(sending.IsCompleted);

        broker.BeforeWrite = null;
        await sending.WaitAsync(Eventually.Patience);
        Assert.Null(broker.Problem);
        var arrived = new TaskCompletionSource<Delivery>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var consumer = await broker.ConsumeAsync("q", 1, d => arrived.TrySetResult(d), CancellationToken.None);
        Assert.Equal(Message.Envelope, (await arrived.Task.WaitAsync(Eventually.Patience)).Envelope);
    }

    public void Dispose() => _folder.Dispose();

    private static OutgoingMessage Message { get; } = new(
        new Envelope { Id = new Guid(1, 0, 0, new byte[8]), Type = "t", Kind = MessageKind.Command, Source = "s", Destination = "q", Time = DateTimeOffset.UnixEpoch }, "{}"u8.ToArray());
}
