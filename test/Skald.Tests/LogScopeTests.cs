using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Skald.Tests;

/// <summary>What log lines of handlers have in common.</summary>
public sealed partial class A_log_line_of_a_handler
{
    [Fact]
    public async Task Says_its_service_saga_step_and_message()
    {
        using var ground = new Ground(Backend.Memory);
        using var scopes = new ScopeProvider();
        await using var provider = new ServiceCollection().AddSingleton<TimeProvider>(ground.Time).AddLogging(logging => logging.AddProvider(scopes)).AddSkald("t.seats", s =>
        {
            ground.Configure(s);
            s.AddHandlers<Desk>();
        }).BuildServiceProvider();
        var services = provider.GetRequiredService<SkaldServices>();
        await services.ServeAsync(CancellationToken.None);
        await using var wire = await Wire.StartAsync(services["t.seats"], "t.replies");
        var command = Wire.Real(Wire.ReserveSeat(new SagaId(new Guid(1, 2, 3, new byte[8])), "t.replies"));
        await wire.SendAsync(command, new ReserveSeat("T1"));
        await wire.NextAsync();
        await services.StopAsync();
        Assert.Equal($"a seat | Service: t.seats, SagaId: {command.Saga}, Step: reserve seat, MessageId: {command.Id}", Assert.Single(scopes.Lines));
    }

    public sealed partial class Desk(ILogger<Desk> logger)
    {
        public Reply<SeatReserved> Handle(ReserveSeat command, MessageContext context)
        {
            Reserves(logger);
            return new SeatReserved("1A");
        }

        [LoggerMessage(1, LogLevel.Information, "a seat")]
        private static partial void Reserves(ILogger logger);
    }

    private sealed class ScopeProvider : ILoggerProvider, ISupportExternalScope
    {
        private IExternalScopeProvider? _scopes;

        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => new Kept(this, categoryName.Contains(nameof(Desk), StringComparison.Ordinal));

        public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

        public void Dispose()
        {
        }

        private sealed class Kept(ScopeProvider provider, bool isKept) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                if (!isKept)
                {
                    return;
                }

                var line = formatter(state, exception);
                provider._scopes!.ForEachScope((scope, _) => line += " | " + scope, 0);
                provider.Lines.Enqueue(line);
            }
        }
    }
}
