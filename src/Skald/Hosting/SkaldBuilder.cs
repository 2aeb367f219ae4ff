using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Skald.Definition;
using Skald.Diagnostics;
using Skald.Hosting;
using Skald.Messaging;
using Skald.Storage;

namespace Skald;

/// <summary>Says what a service is made of.</summary>
public sealed class SkaldBuilder
{
    internal SkaldBuilder(string service, IServiceCollection services) => (Service, Services) = (service, services);

    /// <summary>The service's full name, such as <c>food-orders.order</c>.</summary>
    public string Service { get; }

    /// <summary>The container's services, for what handlers and sagas need.</summary>
    public IServiceCollection Services { get; }

    /// <summary>How it runs.</summary>
    public SkaldOptions Options { get; private set; } = new();

    /// <summary>Whether it takes part in a flow.</summary>
    public bool TakesPartInFlows => Flows.Count > 0;

    internal List<GivenType> Sagas { get; } = [];

    /// <summary>Each class of handlers, and what adds them to the table.</summary>
    internal List<(GivenType Class, Action<HandlerTable, CallTarget, List<string>> AddTo)> Handlers { get; } = [];

    /// <summary>The classes of all of these that the container did not know.</summary>
    internal HashSet<Type> RegisteredTypes { get; } = [];

    internal List<GivenType> Aggregates { get; } = [];

    internal List<(GivenType Class, ProjectionBuilder Builder)> Projections { get; } = [];

    internal List<GivenType> Flows { get; } = [];

    internal IEnumerable<GivenType> Types => [.. Handlers.Select(h => h.Class), .. Sagas, .. Flows, .. Aggregates, .. Projections.Select(p => p.Class)];

    internal List<Type> Published { get; } = [];

    internal List<Func<IServiceProvider, DbConnection, CancellationToken, Task>> Preparations { get; } = [];

    internal List<IJsonTypeInfoResolver> Resolvers { get; } = [];

    /// <summary>What is known to be wrong before the service is put together.</summary>
    internal List<string> Problems { get; } = [];

    internal Func<IServiceProvider, IStore> Store { get; private set; } = _ => new InMemoryStore();

    internal Func<IServiceProvider, ITransport> Transport { get; private set; } = provider => provider.GetRequiredService<InMemoryTransport>();

    /// <summary>
    /// Adds a saga definition; its constructor's parameters are injected. If it needs nothing but singletons there is one object. Else it is made, and defined, anew
    /// for each of its local steps, in the scope of the call; what is not local code must then make do with the object of the start-up.
    /// </summary>
    public SkaldBuilder AddSaga<[DynamicallyAccessedMembers(GivenType.Members)] TSaga>() where TSaga : Saga
    {
        Sagas.Add(new(typeof(TSaga)));
        return this;
    }

    /// <summary>
    /// Takes part in a flow: the service publishes the events that the flow declares as its own, and the flow's subscriptions exist
    /// from its first start on. Its constructor's parameters are injected.
    /// </summary>
    public SkaldBuilder AddFlow<[DynamicallyAccessedMembers(GivenType.Members)] TFlow>() where TFlow : Flow
    {
        Flows.Add(new(typeof(TFlow)));
        return this;
    }

    /// <summary>Says that the service publishes an event, besides those of its flows.</summary>
    public SkaldBuilder Publishes<TEvent>() where TEvent : class, IEvent
    {
        Published.Add(typeof(TEvent));
        return this;
    }

    /// <summary>
    /// Adds a participant: a class with methods <c>Reply&lt;TReply&gt; Handle(TCommand, MessageContext)</c> for commands and
    /// <c>void Handle(TEvent, MessageContext)</c> for events, either of them awaited if need be. Each message gets an
    /// instance from a scope of its own, so that what it needs may be scoped; one that needs nothing but singletons serves all messages.
    /// </summary>
    public SkaldBuilder AddHandlers<[DynamicallyAccessedMembers(ReflectedHandlers.Members)] THandlers>() where THandlers : class
    {
        Handlers.Add((new(typeof(THandlers)), (table, target, problems) => table.Add<THandlers>(target, problems)));
        return this;
    }

    /// <summary>Adds an aggregate whose events this service stores.</summary>
    public SkaldBuilder AddAggregate<[DynamicallyAccessedMembers(GivenType.Members)] TAggregate>() where TAggregate : Aggregate
    {
        Aggregates.Add(new(typeof(TAggregate)));
        return this;
    }

    /// <summary>Adds a projection of this service's events; its constructor's parameters are injected, and may be scoped: a scope for each page of events.</summary>
    /// <param name="configure">Says where its rows live.</param>
    public SkaldBuilder AddProjection<[DynamicallyAccessedMembers(GivenType.Members)] TProjection>(Action<ProjectionBuilder> configure) where TProjection : Projection
    {
        ArgumentNullException.ThrowIfNull(configure);
        var builder = new ProjectionBuilder(Service, Ranges);
        configure(builder);
        Projections.Add((new(typeof(TProjection)), builder));
        return this;
    }

    /// <summary>Changes how the service runs.</summary>
    public SkaldBuilder Configure(Func<SkaldOptions, SkaldOptions> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        Options = change(Options);
        return this;
    }

    /// <summary>Adds a statement that creates one of the service's own tables; it must be safe to repeat.</summary>
    public SkaldBuilder AddSchema(string statement) => Configure(o => o with { Schema = [.. o.Schema, statement] });

    /// <summary>
    /// Adds code that prepares the service's own tables, such as migrations. It runs whenever the service opens its database, after the statements of
    /// <see cref="AddSchema"/> and before anything else of the service, and must be safe to repeat: also at the same time, by another process. What it throws ends
    /// the start.
    /// </summary>
    /// <param name="prepare">Gets the container and an open connection, which ends after it.</param>
    public SkaldBuilder PrepareDatabase(Func<IServiceProvider, DbConnection, CancellationToken, Task> prepare)
    {
        Preparations.Add(prepare ?? throw new ArgumentNullException(nameof(prepare)));
        return this;
    }

    /// <summary>Uses source-generated JSON for messages and states.</summary>
    public SkaldBuilder UseJson(IJsonTypeInfoResolver context)
    {
        Resolvers.Add(context);
        return this;
    }

    /// <summary>For adapters: checks their options. What is out of range is listed with all other problems, and nothing is started.</summary>
    /// <param name="options">The name of the options' type.</param>
    public Ranges Ranges(string options) => Ranges(options, Problems);

    internal Ranges Ranges(string options, List<string> problems) =>
        new((name, value, least, most) => problems.Add(ErrorCodes.OptionOutOfRange(Service, options, name, value, least, most)));

    /// <summary>For adapters: where the service's rows live.</summary>
    public SkaldBuilder UseStore(Func<IServiceProvider, IStore> store)
    {
        Store = store;
        return this;
    }

    /// <summary>For adapters: how its messages travel. Transports shared by several services are the adapter's to share.</summary>
    public SkaldBuilder UseTransport(Func<IServiceProvider, ITransport> transport)
    {
        Transport = transport;
        return this;
    }
}
