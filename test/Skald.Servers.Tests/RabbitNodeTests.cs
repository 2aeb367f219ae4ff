using System.Diagnostics;
using Skald.Messaging;
using Skald.TestServers;
using Xunit;

namespace Skald.Servers.Tests;

/// <summary>A participant in another language needs AMQP, JSON and a page of documentation.</summary>
public sealed class A_participant_in_JavaScript(RabbitFixture rabbit)
{
    private static readonly string Key = Convert.ToBase64String(Enumerable.Range(1, WireKeys.LeastBytes).Select(n => (byte)n).ToArray());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Takes_a_step_and_its_refusal_is_compensated(bool withKey)
    {
        Need.That(Requirements.Node);
        var uri = (await rabbit.ServerAsync()).NewUri();
        using var folder = new NodeProgram();
        await folder.InstallAsync();
        using var participant = await folder.StartAsync(uri, withKey ? Key : null);
        try
        {
            await using var shop = await RabbitShop.StartAsync(
                s => s.UseRabbitMq(uri).Configure(o => o with { WireKeys = withKey ? WireKeys.Parse(Key) : WireKeys.None }), Directory.CreateTempSubdirectory("skald-shop-").FullName, cash: false);

            var completed = await shop.RunAsync(order: 1, amount: 20);
            Assert.Equal(SagaStatus.Completed, completed.Status);
            Assert.Equal(4711, completed.State.GetProperty("receipt").GetInt32());

            var refused = await shop.RunAsync(order: 2, amount: 80);
            Assert.Equal(SagaStatus.Compensated, refused.Status);
            Assert.Equal(new Refusal("CardDeclined", "80 is too much for order 2"), refused.Failure);
            Assert.Equal([2], await shop.EffectsAsync("stock", "released"));
        }
        finally
        {
            participant.Kill();
        }
    }

    private sealed class NodeProgram : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("skald-node-").FullName;

        public NodeProgram()
        {
            foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "node-participant")))
            {
                File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
            }
        }

        public async Task InstallAsync()
        {
            using var npm = Start("npm", ["ci", "--no-audit", "--no-fund", "--prefer-offline"], null);
            var output = await npm.StandardOutput.ReadToEndAsync();
            await npm.WaitForExitAsync();
            Assert.True(npm.ExitCode == 0, $"npm ci: {output}");
        }

        public async Task<Process> StartAsync(string uri, string? key)
        {
            var node = Start("node", ["participant.js"], uri, key);
            Assert.Equal("ready", await node.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)));
            return node;
        }

        public void Dispose() => Directory.Delete(_folder, recursive: true);

        private Process Start(string program, string[] arguments, string? uri, string? key = null)
        {
            var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder, RedirectStandardOutput = true };
            start.Environment["AMQP_URL"] = uri;
            start.Environment["SKALD_WIRE_KEY"] = key;
            return Process.Start(start) ?? throw new InvalidOperationException($"{program} cannot be started.");
        }
    }
}
