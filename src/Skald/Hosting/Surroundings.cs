using System.Security.Cryptography;

namespace Skald;

/// <summary>
/// What the engine takes from outside besides the time: where code runs that must not keep its caller waiting, and ids that
/// nobody else has. It takes them nowhere else, so that a simulator can put its own in their place.
/// </summary>
/// <param name="Scheduler">Runs what is begun beside the caller.</param>
/// <param name="NewId">Makes an id that is ordered by this time.</param>
/// <param name="NewSecret">Draws so many bytes that nobody can guess.</param>
internal sealed record Surroundings(TaskScheduler Scheduler, Func<DateTimeOffset, Guid> NewId, Func<int, byte[]> NewSecret)
{
#pragma warning disable RS0030 // The one place that asks the system.
    public static Surroundings OfTheSystem { get; } = new(TaskScheduler.Default, Guid.CreateVersion7, RandomNumberGenerator.GetBytes);

    /// <summary>Runs code beside the caller, whatever it does before its first await.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> code, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(code, cancellationToken, TaskCreationOptions.DenyChildAttach, Scheduler).Unwrap();

    /// <inheritdoc cref="RunAsync{T}"/>
    public Task RunAsync(Func<Task> code) =>
        Task.Factory.StartNew(code, CancellationToken.None, TaskCreationOptions.DenyChildAttach, Scheduler).Unwrap();
#pragma warning restore RS0030
}
