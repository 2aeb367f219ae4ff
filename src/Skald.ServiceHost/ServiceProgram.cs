using Skald.ServiceHost;

namespace Skald;

/// <summary>The main program of a service's executable.</summary>
public static class ServiceProgram
{
    /// <summary>
    /// Runs a verb of the service, or serves it until stopped when there is no verb or it is <c>serve</c>.
    /// Several modules are served together, each under its <see cref="ServiceModule.RoutePrefix"/>.
    /// </summary>
    /// <returns>The exit code: 0 done, 1 refused or failed, 2 usage.</returns>
    public static Task<int> RunAsync(string[] args, params ServiceModule[] modules) => CommandLine.RunAsync(args, options: null, modules);

    /// <summary>Serves several services in one process that has a page of its own.</summary>
    /// <returns>The exit code: 0 done, 1 refused or failed, 2 usage.</returns>
    public static Task<int> RunAsync(string[] args, ProgramOptions options, params ServiceModule[] modules) => CommandLine.RunAsync(args, options, modules);
}
