using System.Text;
using Skald.Diagnostics;

namespace Skald.Definition;

/// <summary>What every name keeps to that is stored and travels: steps, sagas, flows, messages, topics.</summary>
internal static class NameRule
{
    /// <summary>Brokers carry names in short strings of 255 bytes, with something of their own around them.</summary>
    public const int MostBytes = 200;

    /// <param name="what">What has the name, to be read before it.</param>
    /// <param name="name">The name.</param>
    /// <param name="problems">The list.</param>
    public static void Check(string what, string name, List<string> problems)
    {
        if (string.IsNullOrWhiteSpace(name) || IsTooLong(name) || name.Any(char.IsControl))
        {
            problems.Add(ErrorCodes.UnusableName(what, name));
        }
    }

    public static bool IsTooLong(string name) => Encoding.UTF8.GetByteCount(name) > MostBytes;
}
