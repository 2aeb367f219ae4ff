using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace Skald.Tests;

/// <summary>
/// Feeds a parser with what nobody would write: seeds that are in order, changed at random. What has an outcome of its own is kept and changed further.
/// The same for every run, but for how far it comes: SKALD_FUZZ_SECONDS for more than the four seconds that each gets in the test run.
/// </summary>
internal static partial class Fuzzer
{
    private const int MostKept = 2000;
    private const int MostBytes = 1 << 14;

    // For each KB of input, and to begin with.
    private const long BytesForEachByte = 100;
    private const long BytesAtFirst = 256 * 1024;

    private static readonly TimeSpan Takes = TimeSpan.FromSeconds(
        double.TryParse(Environment.GetEnvironmentVariable("SKALD_FUZZ_SECONDS"), System.Globalization.CultureInfo.InvariantCulture, out var given) ? given : 4);

    private static readonly byte[][] Tokens =
    [
        .. ((string[])["{", "}", "[", "]", "[[[[[[[[", "\"", "\\ud800", "\\u0000", ":", ",", "null", "true", "-1", "1e999", "9223372036854775808", "0", "00000000-0000-0000-0000-000000000000",
            "\n", "\t", "\r\n", "/", " ", "\u001b[2J", "\u2028", "é", "𝄞", "do", "undo", "Infinity", "NaN", "$type", "id", "type", "=", "'", "--"]).Select(Encoding.UTF8.GetBytes),
        [0], [0xff], [0xfe, 0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80],
    ];

    /// <summary>Fails with the input, in base 64, when the parser throws what it does not document or takes too much memory.</summary>
    /// <param name="seeds">What is in order.</param>
    /// <param name="parse">Parses; its result tells one kind of outcome from another: if it told what was read, whatever is tried would be kept.</param>
    /// <param name="documented">What it may throw.</param>
    public static void Run(IReadOnlyList<byte[]> seeds, Func<byte[], object?> parse, params Type[] documented)
    {
        var (random, kept, outcomes) = (new Random(20_261_129), seeds.ToList(), new HashSet<string>());
        var (watch, tried) = (System.Diagnostics.Stopwatch.StartNew(), 0);
        foreach (var seed in seeds)
        {
            // What a serializer has to learn about a type is learnt here.
            outcomes.Add(Outcome(seed, parse, documented));
        }

        for (; watch.Elapsed < Takes; tried++)
        {
            var input = Change(kept[random.Next(kept.Count)], kept, random);
            if (outcomes.Add(Try(input, parse, documented)) && kept.Count < MostKept)
            {
                kept.Add(input);
            }
        }

        Assert.True(tried > 1000 && outcomes.Count > 1, $"{tried} inputs had {outcomes.Count} outcomes: nothing was tried.");
    }

    private static string Try(byte[] input, Func<byte[], object?> parse, Type[] documented)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var outcome = Outcome(input, parse, documented);
        var took = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(took <= BytesAtFirst + (BytesForEachByte * input.Length), $"{input.Length} bytes took {took} bytes of memory: {Convert.ToBase64String(input)}");
        return outcome;
    }

    private static string Outcome(byte[] input, Func<byte[], object?> parse, Type[] documented)
    {
        string outcome;
        try
        {
            outcome = parse(input)?.ToString() ?? "";
        }
        catch (Exception exception) when (documented.Any(type => type.IsInstanceOfType(exception)))
        {
            outcome = exception.Message;
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"This input is answered with a {exception.GetType().Name} that is not documented: {Convert.ToBase64String(input)}", exception);
        }

        // Where something went wrong, and what is quoted of it, is no other outcome.
        return Quoted().Replace(string.Concat(outcome.Take(200).Where(c => !char.IsDigit(c))), "");
    }

    [GeneratedRegex("'[^']*('|$)")]
    private static partial Regex Quoted();

    private static byte[] Change(byte[] input, List<byte[]> kept, Random random)
    {
        var bytes = input.ToList();
        for (var changes = 1 + random.Next(6); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count + 1);
            var length = Math.Min(random.Next(1, 32), bytes.Count - at);
            switch (random.Next(7))
            {
                case 0 when at < bytes.Count: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1 when at < bytes.Count: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.InsertRange(at, Tokens[random.Next(Tokens.Length)]); break;
                case 3: bytes.RemoveRange(at, length); break;
                case 4: bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length)); break;
                case 5: bytes.InsertRange(at, kept[random.Next(kept.Count)].Take(256)); break;
                case 6: bytes.InsertRange(at, Enumerable.Repeat(Tokens[random.Next(Tokens.Length)], random.Next(1, 200)).SelectMany(t => t)); break;
            }
        }

        return bytes.Count > MostBytes ? [.. bytes.Take(MostBytes)] : [.. bytes];
    }
}
