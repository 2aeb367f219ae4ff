var builder = DistributedApplication.CreateBuilder(args);

// Servers that run elsewhere; appsettings.json says SQLite files.
var database = builder.AddConnectionString("travel");
var broker = builder.AddConnectionString("broker");

var bank = Add("bank", "provider");
var provider = ReferenceExpression.Create($"{bank.GetEndpoint("http")}/provider/");
Add("trips", "trips");
Add("payments", "payments").WithEnvironment("Payments__Provider", provider).WaitFor(bank);
Add("reservations", "flights,hotel,cars");

builder.Build().Run();

// One program; its setting says which of the services a process runs.
IResourceBuilder<ProjectResource> Add(string name, string services)
{
    var project = builder.AddProject<Projects.Travel>(name, options => options.ExcludeLaunchProfile = true)
        .WithHttpEndpoint()
        .WithHttpHealthCheck("/health")
        .WithReference(database)
        .WithReference(broker)
        .WithEnvironment("Skald__Store", "travel")
        .WithEnvironment("Run", services);
    // Its own appsettings.json says a port, which would hold over ASPNETCORE_URLS.
    var port = project.GetEndpoint("http").Property(EndpointProperty.TargetPort);
    return project.WithEnvironment("Urls", ReferenceExpression.Create($"http://localhost:{port}"));
}
