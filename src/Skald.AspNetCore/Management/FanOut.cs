namespace Skald.Management;

/// <summary>A management among others.</summary>
/// <param name="Name">How it is called where it does not answer: the service's name, or the address of a process.</param>
/// <param name="Management">The management.</param>
/// <param name="Service">The one service that it has; null when it has to be asked for its services.</param>
public sealed record ManagementPart(string Name, IManagement Management, string? Service = null);

/// <summary>Asks several at once, each with a deadline.</summary>
internal sealed class FanOut(IReadOnlyList<ManagementPart> parts, TimeProvider time)
{
    private static readonly TimeSpan MayTake = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ServicesAreKnownFor = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private Task<(IReadOnlyDictionary<string, IManagement> Services, IReadOnlyList<MissingService> Missing)>? _asking;
    private long _askedAt;

    public IReadOnlyList<ManagementPart> All => parts;

    public Task<(IReadOnlyList<T> Answers, IReadOnlyList<MissingService> Missing)> AskAsync<T>(Func<IManagement, CancellationToken, Task<T>> ask, CancellationToken cancellationToken) =>
        AskAsync(parts, (part, token) => ask(part.Management, token), cancellationToken);

    public async Task<(IReadOnlyList<T> Answers, IReadOnlyList<MissingService> Missing)> AskAsync<T>(
        IEnumerable<ManagementPart> some, Func<ManagementPart, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        var asked = await Task.WhenAll(some.Select(part => TryAsync(part, ask, cancellationToken)));
        return ([.. asked.Where(one => one.Missing is null).Select(one => one.Answer!)], [.. asked.Select(one => one.Missing).OfType<MissingService>()]); // Who is not missing has answered.
    }

    /// <summary>Whoever has a service.</summary>
    /// <exception cref="ManagementException">Nobody has it, or whoever may have it does not answer.</exception>
    public async Task<IManagement> OfAsync(string service, CancellationToken cancellationToken)
    {
        if (parts.FirstOrDefault(part => part.Service == service) is { } local)
        {
            return local.Management;
        }

        if (parts.All(part => part.Service is not null))
        {
            throw Refusals.NoService(service, parts.Select(part => part.Service!)); // The line above has seen them.
        }

        var (services, missing) = await ServicesAsync(service).WaitAsync(cancellationToken);
        return services.TryGetValue(service, out var found) ? found
            : missing is [var first, ..] ? throw Refusals.Unreachable(service, $"Whoever may have it does not answer: {first.Service}.")
            : throw Refusals.NoService(service, services.Keys.Order(StringComparer.Ordinal));
    }

    /// <exception cref="ManagementException">It takes too long.</exception>
    public async Task<T> InTimeAsync<T>(string name, IManagement management, Func<IManagement, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            // Some databases' calls keep their thread and do not listen.
            return await Task.Run(() => OursAsync(name, token => ask(management, token), limit.Token), CancellationToken.None).WaitAsync(MayTake, time, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            await limit.CancelAsync();
            throw Refusals.Unreachable(name, FormattableString.Invariant($"It did not answer within {MayTake.TotalSeconds} s."), exception);
        }
    }

    /// <summary>Does something where a service is, however long it takes.</summary>
    public async Task<T> DoAsync<T>(string service, Func<IManagement, Task<T>> act, CancellationToken cancellationToken)
    {
        var management = await OfAsync(service, cancellationToken);
        return await OursAsync(service, _ => act(management), cancellationToken);
    }

    /// <summary>What another process does not let this one do is no answer about whoever asks here: that one may have every right.</summary>
    private static async Task<T> OursAsync<T>(string name, Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask(cancellationToken);
        }
        catch (ManagementException exception) when (exception.Problem.Status is 401 or 403)
        {
            throw Refusals.NotLetIn(name, exception);
        }
    }

    private async Task<(T? Answer, MissingService? Missing)> TryAsync<T>(ManagementPart part, Func<ManagementPart, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return (await InTimeAsync(part.Name, part.Management, (_, token) => ask(part, token), cancellationToken), null);
        }
        catch (ManagementException exception) when (exception.Problem.Status != 400)
        {
            // What is wrong with the question is wrong with it for all. Anything else is one part's affair: it is older, has too much to do, or does not let us in.
            return (default, new MissingService(part.Name, exception.Problem.Detail ?? exception.Problem.Title));
        }
    }

    /// <summary>Asked again when one is not among them: it may have come since.</summary>
    private Task<(IReadOnlyDictionary<string, IManagement> Services, IReadOnlyList<MissingService> Missing)> ServicesAsync(string wanted)
    {
        lock (_lock)
        {
            var isGood = _asking is { IsCompletedSuccessfully: true } && time.GetElapsedTime(_askedAt) < ServicesAreKnownFor && _asking.Result.Services.ContainsKey(wanted);
            if (_asking is null || (_asking.IsCompleted && !isGood))
            {
                (_asking, _askedAt) = (AskForServicesAsync(), time.GetTimestamp());
            }

            return _asking;
        }
    }

    private async Task<(IReadOnlyDictionary<string, IManagement>, IReadOnlyList<MissingService>)> AskForServicesAsync()
    {
        var (answers, missing) = await AskAsync(async (management, token) => (Management: management, Page: await management.ServicesAsync(token)), CancellationToken.None);
        return (answers.SelectMany(answer => answer.Page.Items.Select(item => (item.Service, answer.Management))).DistinctBy(one => one.Service).ToDictionary(one => one.Service, one => one.Management),
            [.. missing, .. answers.SelectMany(answer => answer.Page.Missing)]);
    }
}
