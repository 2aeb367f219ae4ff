using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Skald.TestServers;

namespace Skald.EndToEnd;

/// <summary>The lending library: sagas in a web application that has nothing of a service host.</summary>
public sealed class A_plain_web_application : IDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-lending-");
    private readonly HttpClient _http = new() { BaseAddress = new Uri($"http://127.0.0.1:{FreePorts.Take(1)[0]}") };
    private Process? _process;

    public void Dispose()
    {
        _process?.Kill();
        _process?.WaitForExit();
        _process?.Dispose();
        _http.Dispose();
        _data.Delete(recursive: true);
    }

    [Fact]
    public async Task Lends_a_book_once_and_puts_it_back_when_the_reader_has_one()
    {
        await StartAsync();

        var first = await LendAsync("Emma", "ann", key: "1");
        Assert.Equal(first, await LendAsync("Emma", "ann", key: "1"));
        Assert.Equal(("completed", 5m, null), await EndOfAsync(first));
        Assert.Equal(("compensated", 0m, "There is no 'Emma' on the shelf."), await EndOfAsync(await LendAsync("Emma", "bob")));
        Assert.Equal(("compensated", 0m, "ann has a book already."), await EndOfAsync(await LendAsync("Ulysses", "ann")));
        // There are two of it: the one that ann did not get is back.
        Assert.Equal("completed", (await EndOfAsync(await LendAsync("Ulysses", "bob"))).Status);
        Assert.Equal("completed", (await EndOfAsync(await LendAsync("Ulysses", "cid"))).Status);
    }

    [Theory]
    [InlineData("{}", "reader", "title")]
    [InlineData("[]", "reader", "title")]
    [InlineData("""{"title":7,"reader":"ann"}""", "title")]
    [InlineData("""{"Title":"Emma","reader":" "}""", "reader", "title")]
    public async Task Names_each_field_that_breaks_its_rule(string body, params string[] fields)
    {
        await StartAsync();

        using var answer = await _http.PostAsync("/loans", new StringContent(body, Encoding.UTF8, "application/json"));

        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Equal(fields, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").EnumerateObject().Select(e => e.Name).Order());
    }

    [Fact]
    public async Task Ends_at_once_when_a_setting_makes_no_sense()
    {
        var result = await Processes.RunAsync("Lending", "--urls", $"{_http.BaseAddress}", "--Skald:Data", _data.FullName, "--Lending:Deposit", "-1");

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("Deposit must be between 0 and 100.", result.Error + result.Output, StringComparison.Ordinal);
    }

    private async Task StartAsync()
    {
        _process = Processes.Start("Lending", ["--urls", $"{_http.BaseAddress}", "--Skald:Data", _data.FullName]);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Eventually.TrueAsync("the application is healthy", async () =>
        {
            try
            {
                return (await _http.GetAsync("/health")).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
    }

    private async Task<Uri> LendAsync(string title, string reader, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/loans") { Content = JsonContent.Create(new { title, reader }) };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        using var answer = await _http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return answer.Headers.Location!; // An accepted request has one.
    }

    private async Task<(string? Status, decimal Deposit, string? Failure)> EndOfAsync(Uri loan)
    {
        JsonElement seen = default;
        await Eventually.TrueAsync("the loan has ended", async () =>
        {
            seen = await _http.GetFromJsonAsync<JsonElement>(loan);
            return seen.GetProperty("status").GetString() is "completed" or "compensated";
        });
        return (seen.GetProperty("status").GetString(), seen.GetProperty("deposit").GetDecimal(), seen.GetProperty("failure").GetString());
    }
}
