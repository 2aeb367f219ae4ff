using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Skald.EndToEnd;

/// <summary>
/// Ten thousand who want to follow the storefront's orders, and nearly as many who connect and say nothing: together what a process may have open where its limit
/// is 20,000. A campaign and not part of the test run: <c>dotnet ... -explicit only -class "*CrowdTests"</c>.
/// </summary>
[Collection("Storefront")]
public sealed class CrowdTests(ITestOutputHelper output)
{
    private const int Readers = 10_000;
    private const int Followers = 1_000; // As many as may.
    private const int Idle = 9_400;
    private const int Orders = 1000;
    private const int Addresses = 200;

    private static readonly TimeSpan GoneWithin = TimeSpan.FromSeconds(5);

    [Fact(Explicit = true)]
    public async Task A_crowd_slows_no_order_and_leaves_nothing_behind()
    {
        await using var shop = new StorefrontSystem();
        await shop.FillAsync();
        await shop.ServeAsync(StorefrontSystem.All);
        var process = shop.Process("Frontend");
        await OrderAsync(shop);
        var usual = await OrderAsync(shop);
        var before = Footprint.Of(process);
        output.WriteLine($"without a crowd: an order {usual}; {before}");

        var crowd = new List<Socket>();
        var heard = 0L;
        await foreach (var (socket, follows) in GatherAsync(shop.Http.BaseAddress!))
        {
            crowd.Add(socket);
            _ = follows ? ListenAsync(socket, count => Interlocked.Add(ref heard, count)) : Task.CompletedTask;
        }

        var beside = await OrderAsync(shop);
        var among = Footprint.Of(process);
        output.WriteLine($"beside {crowd.Count:N0}: an order {beside}; {among}; they heard {heard:N0} bytes");
        Assert.InRange(among.Descriptors, before.Descriptors + Idle + Followers, before.Descriptors + Idle + Readers);
        Assert.InRange(heard, Followers * Orders, long.MaxValue);

        crowd.ForEach(socket => socket.Dispose());
        await Task.Delay(GoneWithin, TimeProvider.System);
        var left = Footprint.Of(process);
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        var later = Footprint.Of(process);
        var idle = later.Processor - left.Processor;
        output.WriteLine($"{GoneWithin.TotalSeconds:0} s after they left: {left}; {idle.TotalMilliseconds:0} ms of processor in the second after");

        Assert.InRange(beside.P99, TimeSpan.Zero, 2 * usual.P99);
        Assert.InRange(left.Descriptors, 0, before.Descriptors * 1.2);
        Assert.InRange(left.Resident, 0, before.Resident * 1.2);
        Assert.InRange(idle, TimeSpan.Zero, TimeSpan.FromMilliseconds(200));
    }

    private static async Task<Latency> OrderAsync(StorefrontSystem shop)
    {
        var times = new List<TimeSpan>(Orders);
        for (var order = 0; order < Orders; order++)
        {
            var begun = Stopwatch.GetTimestamp();
            await shop.PlaceAsync(StorefrontSystem.Order(quantity: 1));
            times.Add(Stopwatch.GetElapsedTime(begun));
        }

        times.Sort();
        return new Latency(times[Orders / 2], times[Orders * 99 / 100]);
    }

    /// <summary>From many addresses, as a crowd comes: of one alone only so many may listen.</summary>
    private static async IAsyncEnumerable<(Socket Socket, bool Follows)> GatherAsync(Uri address)
    {
        var request = System.Text.Encoding.ASCII.GetBytes($"GET /changes HTTP/1.1\r\nHost: {address.Authority}\r\n\r\n");
        for (var i = 0; i < Readers + Idle; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(new IPAddress([127, 0, 1, (byte)(1 + (i % Addresses))]), 0));
            await socket.ConnectAsync(IPAddress.Loopback, address.Port);
            if (i < Readers)
            {
                await socket.SendAsync(request);
            }

            yield return (socket, i < Readers);
        }
    }

    private static async Task ListenAsync(Socket socket, Action<int> hears)
    {
        var said = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(said) is > 0 and var count)
            {
                hears(count);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It has left.
        }
    }

    private sealed record Latency(TimeSpan P50, TimeSpan P99)
    {
        public override string ToString() => $"p50 {P50.TotalMilliseconds:0.0} ms, p99 {P99.TotalMilliseconds:0.0} ms";
    }

    /// <summary>What a process has of the machine.</summary>
    private sealed record Footprint(int Descriptors, long Resident, TimeSpan Processor)
    {
        public static Footprint Of(int process)
        {
            using var of = System.Diagnostics.Process.GetProcessById(process);
            return new Footprint(Directory.GetFiles($"/proc/{process}/fd").Length, of.WorkingSet64, of.TotalProcessorTime);
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Descriptors} descriptors, {Resident / 1e6:0} MB resident");
    }
}
