namespace Skald.Bench;

/// <summary>A burst of sagas behind a participant that takes about a millisecond a message: they have only to wait, so nothing is to be repeated and none to be compensated.</summary>
public static class BehindBench
{
    /// <param name="name">What the services run on.</param>
    /// <param name="ground">As <see cref="Workload"/> takes it.</param>
    /// <param name="sagas">How many.</param>
    public static async Task RunAsync(string name, Action<SkaldBuilder, string>? ground, int sagas)
    {
        var commands = new CommandCounter();
        await using var workload = await new Workload(ground: ground, patient: commands, consumer: ConsumerIs.Busy).StartAsync();
        await workload.RunAsync(500);
        var before = commands.Sent;
        var result = await workload.RunAsync(sagas);
        Console.WriteLine($"{name}, a participant of 1 ms a message, a burst of {sagas:N0}: {result.SagasPerSecond:N0} sagas/s, {(commands.Sent - before) / (double)sagas:0.0000} commands sent per saga (4 are needed), {result.Compensated} compensated");
    }
}
