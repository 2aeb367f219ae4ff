using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Skald.Cli.Output;
using Skald.Cli.Profiles;
using Skald.Management;

namespace Skald.Cli.Commands;

/// <summary>One command with the server that it is for.</summary>
internal sealed class Session : IDisposable
{
    private readonly HttpClient _http;
    private readonly Dictionary<string, string> _missing = new(StringComparer.Ordinal);

    public Session(Terminal terminal, Printer printer, Server server, TimeSpan timeout)
    {
        (Terminal, Printer, Server) = (terminal, printer, server);
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = timeout };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("skald-cli", typeof(Session).Assembly.GetName().Version?.ToString(3)));
        if (server.Token is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.Token);
        }

        Management = new HttpManagement(_http, server.Url);
    }

    public Terminal Terminal { get; }

    public Printer Printer { get; }

    public Server Server { get; }

    public IManagement Management { get; }

    public DateTimeOffset Now => Terminal.Time.GetUtcNow();

    /// <summary>What a person is told beside the data.</summary>
    public Task SayAsync(string text) => Terminal.Error.WriteLineAsync(text);

    /// <summary>All of a list, a page at a time.</summary>
    public async IAsyncEnumerable<T> AllAsync<T>(Func<string?, Task<Page<T>>> ask, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = await ask(cursor);
            Lacks(page.Missing);
            foreach (var item in page.Items)
            {
                yield return item;
            }

            // It would go on for ever.
            cursor = page.Next is null || page.Next != cursor ? page.Next : throw new CliException(ExitCode.Failed, "The list does not end.", $"{Server.Address} goes on where the page began.", "Ask whoever runs it.");
        }
        while (cursor is not null);
    }

    /// <summary>Remembers who did not answer.</summary>
    public void Lacks(IEnumerable<MissingService> missing)
    {
        foreach (var service in missing)
        {
            _missing[service.Service] = service.Why;
        }
    }

    /// <summary>An answer that is not complete is no success: whoever counts on it is told.</summary>
    public async Task<int> EndAsync(int code = ExitCode.Done)
    {
        foreach (var (service, why) in _missing.OrderBy(service => service.Key, StringComparer.Ordinal))
        {
            await SayAsync($"missing: {PlainText.Of(service)} did not answer: {PlainText.Of(why)}");
        }

        return code is ExitCode.Done && _missing.Count > 0 ? ExitCode.Failed : code;
    }

    public void Dispose() => _http.Dispose();
}
