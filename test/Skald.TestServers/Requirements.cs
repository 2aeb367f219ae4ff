namespace Skald.TestServers;

/// <summary>What a machine lacks for a test. On a laptop the test is skipped with this reason; under CI it fails.</summary>
public static class Requirements
{
    /// <summary>Where Debian keeps the scripts of RabbitMQ.</summary>
    internal const string RabbitBin = "/usr/lib/rabbitmq/bin";

    /// <summary>Why no private RabbitMQ can be started; null when it can.</summary>
    public static string? RabbitMq =>
        !OperatingSystem.IsLinux() ? "a private RabbitMQ needs Linux"
        : !File.Exists(RabbitBin + "/rabbitmq-server") ? "rabbitmq-server is not installed: run test/install-servers.sh as root"
        : null;

    /// <summary>Why no Node.js program can be run; null when it can.</summary>
    public static string? Node => Find("node") is null ? "node is not installed" : Find("npm") is null ? "npm is not installed" : null;

    /// <summary>Where Chromium is; null when it is not installed.</summary>
    public static string? ChromiumPath => Find("chromium") ?? Find("chromium-browser") ?? Find("google-chrome");

    /// <summary>Why no page can be opened; null when it can.</summary>
    public static string? Chromium => ChromiumPath is null ? "chromium is not installed: run test/install-servers.sh as root" : null;

    /// <summary>Whether a missing requirement is a failure.</summary>
    public static bool MustRun => string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase);

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':', StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
