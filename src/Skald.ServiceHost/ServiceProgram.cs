using Skald.ServiceHost;

namespace Skald;

/// <summary>The main program of a service's executable.</summary>
public static class ServiceProgram
{
    /// <summary>
    /// Runs a verb of the service, or serves it until stopped when there is no verb or it is <c>serve</c>.
    /// Several modules are served together, each under its <see cref="ServiceModule.RoutePrefix"/>.
    /// </summary>
    /// <param name="args">The command line.</param>
    /// <param name="addresses">The kinds of stores and brokers that it may be told to use.</param>
    /// <param name="modules">The services.</param>
    /// <returns>The exit code: 0 done, 1 refused or failed, 2 usage.</returns>
    public static Task<int> RunAsync(string[] args, AddressBook addresses, params ServiceModule[] modules) => CommandLine.RunAsync(args, addresses, options: null, modules);

    /// <summary>Serves several services in one process that has a page of its own.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="addresses">The kinds of stores and brokers that it may be told to use.</param>
    /// <param name="options">What the process says and serves as a whole.</param>
    /// <param name="modules">The services.</param>
    /// <returns>The exit code: 0 done, 1 refused or failed, 2 usage.</returns>
    public static Task<int> RunAsync(string[] args, AddressBook addresses, ProgramOptions options, params ServiceModule[] modules) => CommandLine.RunAsync(args, addresses, options, modules);
}
