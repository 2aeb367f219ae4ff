using System.CommandLine;
using System.Text;
using System.Text.Json;
using Skald.Messaging;
using Skald.ServiceHost;
using Xunit;

namespace Skald.Tests;

/// <summary>Whatever is typed is done, or refused with what is wrong and the exit code that the documentation promises.</summary>
public sealed class A_command_line
{
    private const string Done = "Configured.";

    private static readonly AddressBook Addresses = new AddressBook().AddSqlite().AddPostgreSql().AddRabbitMq();

    [Fact]
    public void Of_any_words_is_understood_or_refused()
    {
        var till = new Till(stopsAt: 1);
        var verbs = till.Verbs.ToList();
        var root = CommandLine.Root(Addresses, null, [till], verbs);
        Fuzzer.Run(
            [
                .. ((string[])[
                    "sell\nwidget\n--count=2\n--gift\n--wait\n1.5\n--json", "sell\n--item\nwidget\n--price\n1e3\n--customer\n00000001-0002-0003-0000-000000000000", "sell\n--help", "look",
                    "serve\n--open\n--hosts\na.example,*.b.example", "serve\n--data\nd\n--store\npostgres://user:secret@host:5432/db?sslmode=require\n--broker\namqp://user:secret@host/v",
                    "look\n--store\nsqlite\n--projector-store\npostgresql://h/d\n--verbose", "asyncapi\n--yaml", "topics\ncreate\norders", "topics\npublish\norders\n{}\n--type\nx\n--flow\nf",
                    "subscriptions\npull\ns\n--limit\n5\n--lease\n3\n--wait\n0\n--auto_ack", "subscriptions\ncreate\ns\n--topic\nt", "--version", "[suggest:3]\nse", "look\n--data\n", "@file\nlook", "look\n--\n--json",
                ]).Select(Encoding.UTF8.GetBytes),
            ],
            bytes =>
            {
                try
                {
                    Assert.Equal(0, CommandLine.InvokeAsync(CommandLine.Parse(root, Words(bytes), verbs), TextWriter.Null).GetAwaiter().GetResult());
                    return "Help, or the version.";
                }
                catch (UsageException exception)
                {
                    return Kind(exception);
                }
                catch (RefusedException exception)
                {
                    return exception.Message;
                }
            });
    }

    [Fact]
    public void Of_a_verb_reads_values_of_their_types_or_names_the_one_that_is_wrong()
    {
        (IReadOnlyDictionary<string, object?> Values, TimeSpan Wait)? read = null;
        var verb = new Till(stopsAt: 1).Verbs.First();
        var command = new VerbCommand(verb, (_, values, wait) => Task.FromResult((read = (values, wait)) is null ? 1 : 0));
        Fuzzer.Run(
            [
                .. ((string[])["widget\n2\n1.5\n2.5e1\n900000000000\n00000001-0002-0003-0000-000000000000\ntrue", "--item\nwidget\n--count=2\n--gift\n--wait\n1.5", "w\n--count\n-1\n--gift\nfalse", "--item=--x\n--price\n.5", "w\n--wait\n86400"])
                    .Select(Encoding.UTF8.GetBytes),
            ],
            bytes =>
            {
                read = null;
                try
                {
                    CommandLine.InvokeAsync(CommandLine.Parse(command, Words(bytes), [verb]), TextWriter.Null).GetAwaiter().GetResult();
                }
                catch (UsageException exception)
                {
                    return Kind(exception);
                }

                Assert.True(verb.Parameters.All(p => read is not { } r || (r.Values[p.Name] is { } value ? value.GetType() == p.Type : !p.IsRequired)));
                return read is { } found ? $"{found.Values["count"]} {found.Values["price"]} {found.Values["weight"]} {found.Wait}" : "help";
            });
    }

    [Fact]
    public void Of_messages_that_are_pulled_shows_whatever_they_hold() => Fuzzer.Run(
        [.. ((string[])["{\"a\":[1,true,null,\"\\u0041\"],\"b\":{\"c\":-1.5e10}}", "\"text\"", "not json", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]"]).Select(Encoding.UTF8.GetBytes)],
        bytes =>
        {
            var delivery = new Delivery("Nobody knows.", bytes);
            var line = Pull.Line(delivery);
            Assert.DoesNotContain(line, char.IsControl);
            using var document = JsonDocument.Parse(Pull.Document([delivery]));
            return $"{document.RootElement[0].GetProperty("data").ValueKind} {string.Concat(line.Where(c => c is '{' or '[' or '\\').Distinct())}";
        });

    [Theory]
    [InlineData("[suggest:x]", "sel")]
    [InlineData("look", "--data", "")]
    [InlineData("serve", "--urls", "http://127.0.0.1:8000", "--hosts", "é..x")]
    public async Task That_makes_no_sense_is_told_so_with_exit_code_2(params string[] args)
    {
        using var error = new StringWriter();

        Assert.Equal(2, await CommandLine.RunAsync(args, Addresses, null, [new Till(stopsAt: 2)], TextWriter.Null, error));
        Assert.StartsWith("Error: ", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"a":"\ud800"}""", "\"{\\\"a\\\":\\\"\\\\ud800\\\"}\"")]
    [InlineData("""{"\ud800":1}""", "\"{\\\"\\\\ud800\\\":1}\"")]
    public void Of_messages_that_are_pulled_shows_halves_of_pairs_as_they_came(string body, string shown) => Assert.Equal(shown, Pull.Line(new Delivery("", Encoding.UTF8.GetBytes(body))));

    // What was typed is quoted behind it.
    private static string Kind(UsageException exception) => exception.Message.Split('\'')[0];

    // No argument of a process holds U+0000.
    private static string[] Words(byte[] bytes) => Encoding.UTF8.GetString(bytes).Replace("\0", "", StringComparison.Ordinal).Split('\n');

    /// <summary>Goes no further than to its configuration, which is asked for flows first.</summary>
    private sealed class Till(int stopsAt) : ServiceModule
    {
        private int _configured;

        public override string System => "shop";

        public override string Name => "till";

        public override IEnumerable<Verb> Verbs =>
        [
            new("sell", "Sells.", _ => Task.FromResult<object?>(null))
            {
                Parameters =
                [
                    VerbParameter.Required<string>("item", "What."), VerbParameter.Optional("count", "How many.", 1), VerbParameter.Optional<decimal>("price", "For how much."),
                    VerbParameter.Optional<double>("weight", "How heavy."), VerbParameter.Optional<long>("number", "Which."), VerbParameter.Optional<Guid>("customer", "Who."),
                    VerbParameter.Optional<bool>("gift", "Whether to wrap it."),
                ],
                Waits = true,
            },
            new("look", "Looks.", _ => Task.FromResult<object?>(null)),
        ];

        public override void Configure(SkaldBuilder skald)
        {
            if (++_configured >= stopsAt)
            {
                throw new RefusedException(Done);
            }
        }
    }
}
