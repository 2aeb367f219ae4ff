using Skald.Dashboard.Drawing;
using Skald.Dashboard.Tests.Fake;
using Skald.Dashboard.Words;
using Skald.Management;

namespace Skald.Dashboard.Tests;

/// <summary>What is computed without a page.</summary>
public sealed class Words_and_drawings
{
    [Theory]
    [InlineData(0.0004, "0 ms")]
    [InlineData(0.23, "230 ms")]
    [InlineData(1.26, "1.2 s")]
    [InlineData(59.9, "59 s")]
    [InlineData(61, "1 min 1 s")]
    [InlineData(720, "12 min")]
    [InlineData(3660, "1 h 1 min")]
    [InlineData(273_600, "3 d 4 h")]
    public void A_length_is_said_in_one_or_two_units(double seconds, string expected) => Assert.Equal(expected, Lengths.Of(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Every_state_of_the_contract_has_an_icon_a_word_and_a_colour()
    {
        foreach (var (of, state) in StepWords.All.Select(s => ("step", s)).Concat(Enum.GetValues<SagaStatus>().Select(s => ("saga", s.Word()))).Concat(Enum.GetValues<FlowStatus>().Select(s => ("flow", s.Word()))))
        {
            var mark = Marks.Of(of, state);
            Assert.NotEqual("", mark.Word);
            Assert.True(state is "remaining" || mark.Icon is not "remains", $"{of} {state} has no icon of its own");
        }
    }

    [Fact]
    public void A_wait_of_three_days_is_one_mark_and_the_seconds_around_it_can_be_told_apart()
    {
        var from = FixedTime.Now;
        var scale = new TimeScale([from, from.AddSeconds(1), from.AddSeconds(4), from.AddDays(3), from.AddDays(3).AddSeconds(2)], 0, 656);

        Assert.Equal((from.AddSeconds(4), from.AddDays(3)), Assert.Single(scale.Folds));
        Assert.Equal(100, scale.At(from.AddSeconds(1)), 0.1);
        Assert.Equal(400, scale.At(from.AddSeconds(4)), 0.1);
        Assert.Equal(456, scale.At(from.AddDays(3)), 0.1);
        Assert.Equal(656, scale.At(from.AddDays(3).AddSeconds(2)), 0.1);
    }

    [Fact]
    public void An_attempt_is_a_bar_and_an_undo_points_back()
    {
        var bars = Stretch.Of(Histories.Of(Samples.Sagas[1], 0, 200).Items).Where(b => b.Step is "create ticket").ToList();

        Assert.Equal([false, true, true], bars.Select(b => b.Undo));
        Assert.Equal(["good", "bad", "bad"], bars.Select(b => b.Tone));
        Assert.All(bars, b => Assert.NotNull(b.To));
    }

    [Fact]
    public void Chips_take_their_own_term_out_of_the_query()
    {
        var query = SagaQueryText.Parse("status:open saga:create-order step:\"authorize card\" age:>10m 4711");

        Assert.Equal(["status:open", "saga:create-order", "step:\"authorize card\"", "age:>10m"], QueryChip.Of(query).Select(c => c.Text));
        Assert.Equal("saga:create-order step:\"authorize card\" age:>10m 4711", QueryChip.Of(query)[0].Without);
    }

    [Fact]
    public async Task A_chip_takes_what_went_wrong_out_of_the_query()
    {
        var query = SagaQueryText.Parse("status:parked error:\"card declined\" key:4711");
        Assert.Equal(["status:parked", "error:\"card declined\"", "key:4711"], QueryChip.Of(query).Select(c => c.Text));
        Assert.Equal("status:parked key:4711", QueryChip.Of(query)[1].Without);

        await using var site = new Site();
        await site.InitializeAsync();
        using var http = new HttpClient();
        using var page = await http.GetAsync($"{site.Address}/sagas?q={Uri.EscapeDataString(query.ToString())}");
        Assert.Equal(System.Net.HttpStatusCode.OK, page.StatusCode);
    }

    [Fact]
    public async Task A_part_of_a_long_history_says_which_it_is()
    {
        await using var site = new Site();
        await site.InitializeAsync();
        using var http = new HttpClient();
        var saga = Samples.Sagas[7];
        var latest = await http.GetStringAsync($"{site.Address}/sagas/{saga.Service}/{saga.Id}");
        Assert.Contains("Transactions 19,801 to 20,000 of 20,000", latest, StringComparison.Ordinal);
        Assert.Contains("Only transactions 19,801 to 20,000 of 20,000 are drawn.", latest, StringComparison.Ordinal);
        Assert.Contains("?skip=19600#journal", latest, StringComparison.Ordinal);
        var first = await http.GetStringAsync($"{site.Address}/sagas/{saga.Service}/{saga.Id}?skip=0");
        Assert.Contains("Only transactions 1 to 200 of 20,000 are drawn.", first, StringComparison.Ordinal);
        Assert.DoesNotContain("are drawn.", await http.GetStringAsync($"{site.Address}/sagas/{Samples.Order}/{Samples.ParkedId}"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_form_whose_key_is_too_long_is_refused()
    {
        Assert.Null(Of(200).Problem);
        Assert.Equal(400, Of(201).Problem?.Status);

        static Routes.Asked Of(int length) => Routes.Asked.Of("retry", new Microsoft.AspNetCore.Http.FormCollection(new() { ["key"] = new string('k', length) }));
    }

    [Fact]
    public void A_line_for_the_shell_holds_what_it_quotes() =>
        Assert.Equal(@"'it'\''s $(rm -rf /) `x`'", Lines.Quoted("it's $(rm -rf /) `x`"));

    [Fact]
    public async Task Assets_may_be_kept_for_ever_at_their_version_and_are_packed()
    {
        await using var site = new Site();
        await site.InitializeAsync();
        using var http = new HttpClient();
        foreach (var name in (string[])["skald.css", "dashboard.css", "htmx.min.js", "hx-sse.min.js", "dashboard.js"])
        {
            using var now = await http.GetAsync($"{site.Address}/assets/{Assets.Version}/{name}");
            using var old = await http.GetAsync($"{site.Address}/assets/000000000000/{name}");
            Assert.Equal("public, max-age=31536000, immutable", now.Headers.CacheControl?.ToString());
            Assert.Equal("no-cache", old.Headers.CacheControl?.ToString());
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{site.Address}/assets/{Assets.Version}/{name}") { Headers = { { "Accept-Encoding", "br" } } };
            using var packed = await http.SendAsync(request);
            Assert.Equal(["br"], packed.Content.Headers.ContentEncoding);
            Assert.True((await packed.Content.ReadAsByteArrayAsync()).Length < (await now.Content.ReadAsByteArrayAsync()).Length / 2);
        }
    }
}
