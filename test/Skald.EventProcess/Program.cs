using Microsoft.Extensions.DependencyInjection;
using Skald;
using Skald.EventProcess;

// Skald.EventProcess bank|follower appenders seed databases...: runs until it is killed, and says a word for each thing it has done.
if (args[0] == "serve")
{
    // Skald.EventProcess serve rows settings...: the bank as a service with HTTP.
    return await ServiceProgram.RunAsync(args[2..], new AddressBook().AddSqlite().AddPostgreSql(), new TillModule(args[1]));
}

var (role, appenders, seed) = (args[0], int.Parse(args[1]), int.Parse(args[2]));
await using var provider = TillSystem.Parse(args[3..]).Build(role);
await provider.GetRequiredService<SkaldServices>().ServeAsync(CancellationToken.None);
Console.WriteLine("serves");
await Task.WhenAll(Enumerable.Range(0, appenders).Select(async n =>
{
    var random = new Random(seed + n);
    while (true)
    {
        await TillSystem.AppendAsync(provider.GetRequiredService<SkaldServices>()["tills.bank"], random);
        Console.WriteLine("appended");
    }
}));
await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
return 0;
