using System.Text;
using System.Text.Json;

namespace FoodOrders.CardProvider;

/// <summary>
/// The provider's own books: a file per idempotency key, so that they outlive the process and several processes can share
/// them. Idempotent: the same key is authorized once and reversed once.
/// </summary>
public sealed class CardLedger(string folder, TimeProvider time)
{
    private const decimal Balance = 50m;
    private readonly Lock _lock = new();
    private ProviderBehaviour _behaviour = new();

    /// <summary>How it behaves from now on.</summary>
    public ProviderBehaviour Behaviour
    {
        get
        {
            lock (_lock)
            {
                return _behaviour;
            }
        }

        set
        {
            lock (_lock)
            {
                _behaviour = value;
            }
        }
    }

    /// <summary>Sets money aside, unless the key was reversed before or the card has too little.</summary>
    public Task<CardAuthorization> AuthorizeAsync(string key, long cardId, decimal amount, CancellationToken cancellationToken) =>
        ChangeAsync(key, known => known switch
        {
            not null => known,
            // Every card holds just under 50.
            _ when amount >= Balance => new CardAuthorization(key, cardId, amount, "declined", 0, 0, 0),
            _ => new CardAuthorization(key, cardId, amount, "authorized", 1, 0, 0),
        }, cancellationToken);

    /// <summary>Gives the money back. For an unknown key it leaves a tombstone: an authorization that comes late is refused.</summary>
    public Task<CardAuthorization> ReverseAsync(string key, CancellationToken cancellationToken) =>
        ChangeAsync(key, known => known switch
        {
            null => new CardAuthorization(key, null, null, "reversed", 0, 0, 0),
            { Status: "authorized" } => known with { Status = "reversed", Reversals = 1 },
            _ => known,
        }, cancellationToken);

    /// <summary>Everything it knows.</summary>
    public IEnumerable<CardAuthorization> All() => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(Read).OfType<CardAuthorization>()
        : [];

    /// <summary>Counts a call that is to fail. False when it is to succeed.</summary>
    public bool TakeFailure(Func<ProviderBehaviour, int> left, Func<ProviderBehaviour, ProviderBehaviour> oneLess)
    {
        lock (_lock)
        {
            if (left(_behaviour) <= 0)
            {
                return false;
            }

            _behaviour = oneLess(_behaviour);
            return true;
        }
    }

    private async Task<CardAuthorization> ChangeAsync(string key, Func<CardAuthorization?, CardAuthorization> change, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        await using var file = await OpenAloneAsync(Path.Combine(folder, key + ".json"), cancellationToken);
        var known = file.Length == 0 ? null : await JsonSerializer.DeserializeAsync(file, CardProviderJson.Default.CardAuthorization, cancellationToken);
        var next = change(known);
        next = next with { Calls = next.Calls + 1 };
        var json = JsonSerializer.Serialize(next, CardProviderJson.Default.CardAuthorization);
        // One write that covers the old text, spaces where it was longer: a process that dies here leaves one or the other.
        var bytes = Encoding.UTF8.GetBytes(json.PadRight((int)file.Length));
        file.Position = 0;
        await file.WriteAsync(bytes, CancellationToken.None);
        return next;
    }

    /// <summary>Two calls with one key wait for each other, in whichever process they run.</summary>
    private async Task<FileStream> OpenAloneAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), time, cancellationToken);
            }
        }
    }

    private static CardAuthorization? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), CardProviderJson.Default.CardAuthorization);
        }
        catch (Exception exception) when (exception is IOException or JsonException)
        {
            // It is being written at this moment; the next look shows it.
            return null;
        }
    }
}
