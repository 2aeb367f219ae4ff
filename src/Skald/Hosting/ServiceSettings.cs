using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Skald.Diagnostics;

namespace Skald.Hosting;

/// <summary>What a host's settings say of a service. What cannot be read is one of the service's problems.</summary>
/// <param name="configuration">The settings.</param>
/// <param name="contentRoot">What a relative folder is relative to.</param>
/// <param name="skald">The service.</param>
internal sealed class ServiceSettings(IConfiguration configuration, string contentRoot, SkaldBuilder skald)
{
    private const string Section = "Skald";
    private const string Services = "Services";
    private const string Store = "Store";
    private const string Broker = "Broker";
    private const string Data = "Data";
    private const string SharedBroker = "broker";
    private const string DefaultData = ".skald";

    private static readonly Dictionary<string, PropertyInfo> Options = typeof(SkaldOptions).GetProperties()
        .Where(property => Parser(property.PropertyType) is not null).ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> NotOptions = new([Store, Broker, Data], StringComparer.OrdinalIgnoreCase);

    public void Apply(AddressBook addresses)
    {
        var (system, name) = skald.Service.LastIndexOf('.') is var dot and > 0 ? (skald.Service[..dot], skald.Service[(dot + 1)..]) : ("", skald.Service);
        var folder = Path.GetFullPath(Path.Combine(contentRoot, Find(Data) ?? DefaultData, system));
        var embedded = addresses.Schemes.Select(scheme => scheme.Default).FirstOrDefault(address => address is not null);
        Use(Address(Store, skald.Service) ?? embedded, Store, addresses.Store, (scheme, address) => scheme.UseStore(skald, new ServiceAddress(address, folder, system, name)));
        Use(Address(Broker, SharedBroker) ?? embedded, Broker, addresses.Broker, (scheme, address) => scheme.UseBroker(skald, new ServiceAddress(address, folder, system, name)));
        // Those of the service come last: they hold over those for all.
        Read(configuration.GetSection(Section), ignored: Services);
        Read(Mine, ignored: null);
    }

    private IConfigurationSection Mine => configuration.GetSection($"{Section}:{Services}:{skald.Service}");

    private string? Find(string key) => Mine[key] ?? configuration[$"{Section}:{key}"];

    private string? Address(string key, string connection) =>
        Find(key) is { } said ? configuration.GetConnectionString(said) ?? said : configuration.GetConnectionString(connection);

    private void Use(string? address, string key, Func<string, AddressScheme?> find, Action<AddressScheme, string> use)
    {
        try
        {
            if (address is not null && find(address) is { } scheme)
            {
                use(scheme, address);
                return;
            }

            skald.Problems.Add(ErrorCodes.AddressUnknown(skald.Service, $"{Section}:{key}", Shown(address)));
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            skald.Problems.Add(ErrorCodes.SettingUnreadable(skald.Service, $"{Section}:{key}", exception.Message));
        }
    }

    /// <summary>What is no address may be anything, such as a connection string with a password.</summary>
    private static string? Shown(string? address) => address is null ? null : address.Contains("://", StringComparison.Ordinal) || address.All(char.IsLetterOrDigit)
        ? AddressScheme.WithoutUser(address) : "(not shown: it is no address)";

    private void Read(IConfigurationSection section, string? ignored)
    {
        foreach (var setting in section.GetChildren().Where(s => s.Value is not null && !NotOptions.Contains(s.Key) && !string.Equals(s.Key, ignored, StringComparison.OrdinalIgnoreCase)))
        {
            if (!Options.TryGetValue(setting.Key, out var option))
            {
                skald.Problems.Add(ErrorCodes.SettingUnreadable(skald.Service, setting.Path, $"there is no such option; there are {string.Join(", ", Options.Keys.Order(StringComparer.Ordinal))}"));
                continue;
            }

            try
            {
                // Its values come from types that have a parser.
                var value = Parser(option.PropertyType)!(setting.Value!);
                skald.Configure(options => With(options, option, value));
            }
            catch (Exception exception) when (exception is FormatException or OverflowException)
            {
                skald.Problems.Add(ErrorCodes.SettingUnreadable(skald.Service, setting.Path, $"'{setting.Value}' is no {Kind(option.PropertyType)}"));
            }
        }
    }

    private static SkaldOptions With(SkaldOptions options, PropertyInfo option, object value)
    {
        var changed = options with { };
        option.SetValue(changed, value);
        return changed;
    }

    private static Func<string, object>? Parser(Type type) =>
        type == typeof(int) ? text => int.Parse(text, NumberStyles.Integer, CultureInfo.InvariantCulture)
        : type == typeof(long?) ? text => long.Parse(text, NumberStyles.Integer, CultureInfo.InvariantCulture)
        : type == typeof(TimeSpan) ? Time
        : type == typeof(string) ? text => text
        : null;

    // A number alone would be days.
    private static object Time(string text) => text.Contains(':', StringComparison.Ordinal) ? TimeSpan.Parse(text, CultureInfo.InvariantCulture) : throw new FormatException();

    private static string Kind(Type type) => type == typeof(TimeSpan) ? "time, such as 00:00:30 or 7.00:00:00" : "whole number";
}
