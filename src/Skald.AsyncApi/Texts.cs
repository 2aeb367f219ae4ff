using System.Collections.Concurrent;
using System.ComponentModel;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace Skald.AsyncApi;

/// <summary>
/// What people are told of types and properties: <c>[Description]</c>, or else the summary of the XML documentation when
/// its file lies beside the assembly; and titles.
/// </summary>
internal static partial class Texts
{
    private static readonly ConcurrentDictionary<Assembly, IReadOnlyDictionary<string, string>> Files = new();

    /// <summary>What a type is; null when nobody said it.</summary>
    public static string? Of(Type type) =>
        type.GetCustomAttribute<DescriptionAttribute>()?.Description ?? Find(type, "T:" + Name(type));

    /// <summary>What a property is; null when nobody said it.</summary>
    public static string? Of(ICustomAttributeProvider? member) => member is MemberInfo { DeclaringType: { } type } property
        ? property.GetCustomAttribute<DescriptionAttribute>()?.Description
            ?? Find(type, $"{(member is FieldInfo ? 'F' : 'P')}:{Name(type)}.{property.Name}")
            ?? Find(type, $"T:{Name(type)}#{property.Name}") // A parameter of a record.
        : null;

    /// <summary>A type's title: <c>[DisplayName]</c>, or else its name as words.</summary>
    public static string Title(Type type) => type.GetCustomAttribute<DisplayNameAttribute>()?.DisplayName ?? Words(Plain(type));

    /// <summary>A type's name without namespace; the arguments of a generic one follow it.</summary>
    public static string Plain(Type type) => type.IsGenericType
        ? type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)] + string.Concat(type.GetGenericArguments().Select(a => "_" + Plain(a)))
        : type.Name;

    private static string Words(string name)
    {
        var words = WordStart().Replace(name, m => " " + (m.Length == 1 ? m.Value.ToLowerInvariant() : m.Value)).Trim();
        return words.Length == 0 ? words : char.ToUpperInvariant(words[0]) + words[1..];
    }

    private static string Name(Type type) =>
        ((type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName ?? type.Name).Replace('+', '.');

    private static string? Find(Type type, string member) => Files.GetOrAdd(type.Assembly, Read).GetValueOrDefault(member);

    private static Dictionary<string, string> Read(Assembly assembly)
    {
        var texts = new Dictionary<string, string>();
        try
        {
            var file = Path.Combine(AppContext.BaseDirectory, assembly.GetName().Name + ".xml");
            if (!File.Exists(file))
            {
                return texts;
            }

            foreach (var member in XDocument.Load(file).Descendants("member"))
            {
                var name = member.Attribute("name")?.Value ?? "";
                Add(texts, name, member.Element("summary"));
                foreach (var parameter in member.Elements("param"))
                {
                    Add(texts, $"{name}#{parameter.Attribute("name")?.Value}", parameter);
                }
            }
        }
        catch (Exception exception) when (exception is XmlException or IOException or UnauthorizedAccessException)
        {
            // Documentation that cannot be read is no documentation; the service runs all the same.
        }

        return texts;
    }

    private static void Add(Dictionary<string, string> texts, string name, XElement? element)
    {
        if (element is not null && Space().Replace(Flat(element), " ").Trim() is { Length: > 0 } text)
        {
            texts[name] = text;
        }
    }

    private static string Flat(XElement element)
    {
        var text = new StringBuilder();
        foreach (var node in element.Nodes())
        {
            text.Append(node switch
            {
                XText plain => plain.Value,
                XElement { IsEmpty: true } reference => Referred(reference),
                XElement inner => Flat(inner),
                _ => "",
            });
        }

        return text.ToString();
    }

    private static string Referred(XElement reference)
    {
        var target = (reference.Attribute("cref") ?? reference.Attribute("name") ?? reference.Attribute("langword") ?? reference.Attribute("href"))?.Value ?? "";
        return reference.Attribute("cref") is null ? target : target[(target.LastIndexOfAny(['.', ':']) + 1)..];
    }

    [GeneratedRegex("(?<=[a-z0-9])[A-Z](?![A-Z])|[A-Z]+(?=[A-Z][a-z]|$|_)|(?<=[A-Z])[A-Z](?=[a-z])")]
    private static partial Regex WordStart();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
