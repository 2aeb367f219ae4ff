using Microsoft.Extensions.DependencyInjection;
using Skald;

// An application that has chosen its SQLite library itself, the system's: Skald.Apps.OtherBundle FOLDER. Says which is used.
SQLitePCL.raw.SetProvider(new SQLitePCL.SQLite3Provider_sqlite3());
SQLitePCL.raw.FreezeProvider();
await using var provider = new ServiceCollection()
    .AddSkald("apps.notes", s => s.UseSqlite(Path.Combine(args[0], "notes.db")).UseSqliteBroker(Path.Combine(args[0], "broker.db")))
    .BuildServiceProvider();
await provider.GetRequiredService<SkaldServices>().ServeAsync(CancellationToken.None);
Console.WriteLine($"chosen: {SQLitePCL.raw.sqlite3_libversion().utf8_to_string()}");
var service = provider.GetRequiredService<SkaldServices>()["apps.notes"];
Console.WriteLine($"Skald: {await service.ExecuteAsync(async context =>
{
    await using var command = context.Transaction.Connection!.CreateCommand();
    command.Transaction = context.Transaction;
    command.CommandText = "SELECT sqlite_version()";
    return (string?)await command.ExecuteScalarAsync();
})}");
