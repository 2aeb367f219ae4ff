using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Skald.EntityFrameworkCore;

namespace Skald;

/// <summary>Adds Entity Framework Core to a service.</summary>
public static class SkaldEntityFrameworkCoreExtensions
{
    /// <summary>
    /// Adds a <see cref="DbContext"/> for the service's own tables. A handler, a local step or the code of a request that takes it in its constructor, or asks its
    /// scope for it, gets one on its own connection and in its own transaction: what <see cref="DbContext.SaveChanges()"/> writes is committed with the message, or
    /// not at all. Everything else reads with an <see cref="IDbContextFactory{TContext}"/>, whose contexts have a connection of their own.
    /// </summary>
    /// <remarks>
    /// Only what is in its model is its own: the engine's tables, which are in the same database, are not touched. <c>EnsureCreated</c> creates nothing in a database
    /// that has tables: have it migrated, or use <see cref="SkaldBuilder.AddSchema"/>.
    /// </remarks>
    /// <typeparam name="TContext">It has a constructor that takes <see cref="DbContextOptions{TContext}"/>, and singletons besides.</typeparam>
    /// <param name="skald">The service. It is on a database, not in memory.</param>
    /// <param name="configure">Names the provider, such as <c>o => o.UseSqlite()</c> or <c>o => o.UseNpgsql()</c>. The connection is the service's.</param>
    /// <param name="migrate">Whether the context's migrations are applied when the service opens its database. What goes wrong there ends the start.</param>
    /// <exception cref="ArgumentException">The container has the class already.</exception>
    public static SkaldBuilder AddSkaldDbContext<TContext>(this SkaldBuilder skald, Action<DbContextOptionsBuilder> configure, bool migrate = false) where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(configure);
        return skald.AddSkaldDbContext<TContext>((options, _) => configure(options), migrate);
    }

    /// <inheritdoc cref="AddSkaldDbContext{TContext}(SkaldBuilder, Action{DbContextOptionsBuilder}, bool)"/>
    /// <param name="skald">The service. Which database it is on may be a matter of settings.</param>
    /// <param name="configure">Names the provider that goes with the connection, which is open.</param>
    /// <param name="migrate">As there.</param>
    public static SkaldBuilder AddSkaldDbContext<TContext>(this SkaldBuilder skald, Action<DbContextOptionsBuilder, DbConnection> configure, bool migrate = false) where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(skald);
        ArgumentNullException.ThrowIfNull(configure);
        if (skald.Services.Any(d => d.ServiceType == typeof(TContext)))
        {
            // Each service has a database of its own, and nothing would say whose is meant.
            throw new ArgumentException($"{typeof(TContext).Name} is registered already. Add it once, with AddSkaldDbContext alone; for another service, derive a class from it.");
        }

        var contexts = new Contexts<TContext>(configure);
        skald.Services.AddScoped(provider => contexts.InCall(skald.Service, provider));
        skald.Services.AddSingleton<IDbContextFactory<TContext>>(provider => new ReadingContexts<TContext>(contexts, skald.Service, provider));
        return skald.PrepareDatabase(migrate ? new Migration<TContext>(contexts).RunAsync : contexts.WarmUpAsync);
    }
}
