using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Skald;

// An application that has EF Core on SQLite, and adds Skald to it: Skald.Apps.EfCore FOLDER. Says which SQLite both use.
await using var provider = new ServiceCollection()
    .AddSkald("apps.notes", s => s.UseSqlite(Path.Combine(args[0], "notes.db")).UseSqliteBroker(Path.Combine(args[0], "broker.db")))
    .BuildServiceProvider();
await provider.GetRequiredService<SkaldServices>().ServeAsync(CancellationToken.None);
await using var notes = new Notes(Path.Combine(args[0], "own.db"));
await notes.Database.EnsureCreatedAsync();
Console.WriteLine($"EF Core: {await notes.Database.SqlQueryRaw<string>("SELECT sqlite_version() AS Value").SingleAsync()}");
var service = provider.GetRequiredService<SkaldServices>()["apps.notes"];
Console.WriteLine($"Skald: {await service.ExecuteAsync(async context =>
{
    await using var command = context.Transaction.Connection!.CreateCommand();
    command.Transaction = context.Transaction;
    command.CommandText = "SELECT sqlite_version()";
    return (string?)await command.ExecuteScalarAsync();
})}");

/// <summary>The application's own database.</summary>
internal sealed class Notes(string file) : DbContext
{
    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) => optionsBuilder.UseSqlite($"Data Source={file}");
}
