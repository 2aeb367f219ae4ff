using Microsoft.AspNetCore.Http;

namespace Skald.Management;

/// <summary>A route of the API. The document of the API is written from these, so that it says what there is.</summary>
/// <param name="Method"><c>GET</c> or <c>POST</c>.</param>
/// <param name="Pattern">Below <c>/api/</c>.</param>
/// <param name="Right">Who may: one of <see cref="Rights"/>.</param>
/// <param name="Name">What programs call it.</param>
/// <param name="Says">What it does, for people.</param>
/// <param name="Answer">The type of its answer.</param>
/// <param name="Handle">Answers; null for what there is none of.</param>
internal sealed record ManagementRoute(string Method, string Pattern, string Right, string Name, string Says, Type Answer, Func<ManagementCall, Task<object?>> Handle)
{
    /// <summary>The type of its body; null where it takes none.</summary>
    public Type? Body { get; init; }

    /// <summary>What its query may hold.</summary>
    public IReadOnlyList<RouteParameter> Query { get; init; } = [];

    /// <summary>Whether it takes <c>If-Match</c> and <c>Idempotency-Key</c>.</summary>
    public bool IsAct { get; init; }

    /// <summary>The type of what it says that it would do; null where it cannot say that.</summary>
    public Type? Forecast { get; init; }
}

/// <summary>A part of the query.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">What it is in JSON.</param>
/// <param name="Says">What it does.</param>
internal sealed record RouteParameter(string Name, string Type, string Says);

/// <summary>All routes but those of events and of the document.</summary>
internal static class ManagementRoutes
{
    private static readonly RouteParameter DryRun = new("dryRun", "boolean", "Only say what it would do: the answer is a forecast.");
    private static readonly RouteParameter Cursor = new("cursor", "string", "Where the page before said that it goes on ('next').");
    private static readonly RouteParameter Limit = new("limit", "integer", "The most on one page, 1 to 200; 50 unless given.");
    private static readonly RouteParameter BookLimit = new("limit", "integer", "The most sagas of each service, and about as many rows of its ledger, 1 to 1,000; 500 unless given.");
    private static readonly RouteParameter Service = new("service", "string", "Only of this service.");
    private static readonly RouteParameter Q = new("q", "string", "Which sagas, such as: status:parked saga:create-order service:NAME step:\"authorize card\" age:>10m key:4711, or a bare id or key.");

    public static IReadOnlyList<ManagementRoute> All { get; } =
    [
        Get("caller", "caller", "Who you are, and what you may do.", call => Task.FromResult(call.Caller)),
        Get("services", "services", "The services: what they run, say and hear.", call => call.Management.ServicesAsync(call.Token)),
        Get("services/{service}", "service", "One service.", FindServiceAsync),
        Get("definitions", "definitions", "The definitions of sagas.", call => call.Management.DefinitionsAsync(call.Token)),
        Get("sagas", "sagas", "Sagas, the latest started first.",
            call => call.Management.SagasAsync(new SagaListQuery { Q = call.Query("q"), Service = call.Query("service"), Cursor = call.Query("cursor"), Limit = call.Limit() }, call.Token), Q, Service, Cursor, Limit),
        Get("sagas/counts", "sagaCounts", "How many sagas match, by status, each counted up to 10,000.", call => call.Management.CountSagasAsync(call.Query("q"), call.Token), Q),
        Get("sagas/groups", "sagaGroups", "Sagas that went wrong, by definition, status, failed step and kind of error; those that are parked unless a query is given.",
            call => call.Management.SagaGroupsAsync(call.Query("q"), call.Token), Q),
        Get("sagas/{service}/{id}", "saga", "One saga with its plan, its state and what can be done to it; its version is the ETag.", FindSagaAsync),
        Get("sagas/{service}/{id}/timeline", "sagaTimeline", "What happened to a saga, oldest first.",
            call => call.Management.TimelineAsync(call.Service, call.Id, (int)call.Number("skip", 0, 0, int.MaxValue - ManagementLimits.LargestPage), call.Limit(ManagementLimits.LargestPage), call.Token),
            new RouteParameter("skip", "integer", "How many of its transactions to pass over."), Limit),
        Get("sagas/{service}/{id}/exchanges", "sagaExchanges", "A saga's messages over all services, ordered by their causes.", call => call.Management.ExchangesAsync(call.Service, call.Id, call.Token)),
        Get("ledgers/{service}/{saga}", "ledger", "What one service has done and undone for a saga.", call => call.Management.LedgerAsync(call.Service, call.Route("saga"), call.Token)),
        Get("balance", "balance", "Whether effects balance, by the sagas' ids, a piece after the other: each was applied once, undone once, or is open; otherwise it is named.",
            call => call.Management.BalanceAsync(call.Query("cursor"), call.Books(), call.Token), Cursor, BookLimit),
        Get("books", "books", "What the balance is judged from: what sagas say of their effects, and what ledgers say.",
            call => call.Management.BooksAsync(call.Query("cursor"), call.Books(), call.Token), Cursor, BookLimit),
        Get("flows", "flows", "Flows, the latest started first.",
            call => call.Management.FlowsAsync(new FlowListQuery { Status = call.Query("status"), Flow = call.Query("flow"), Service = call.Query("service"), Cursor = call.Query("cursor"), Limit = call.Limit() }, call.Token),
            new RouteParameter("status", "string", "running, stuck, completed or undone."), new RouteParameter("flow", "string", "The declaration's name."), Service, Cursor, Limit),
        Get("flows/{service}/{**id}", "flow", "One flow, with what all services that take part know of it.",
            async call => await call.Management.FindFlowAsync(call.Service, call.Id, call.Token) ?? throw Refusals.NotFound($"flow '{call.Id}' in service '{call.Service}'")),
        Get("flow-timelines/{service}/{**id}", "flowTimeline", "What one service published and received in a flow.", call => call.Management.FlowTimelineAsync(call.Service, call.Id, call.Token)),
        Get("timers", "timers", "When sagas look at their steps again, soonest first.", call => call.Management.TimersAsync(call.List(), call.Token), Service, Cursor, Limit),
        Get("delayed", "delayed", "Messages that are tried again later, soonest first.", call => call.Management.DelayedAsync(call.List(), call.Token), Service, Cursor, Limit),
        Get("dead-letters", "deadLetters", "Messages that cannot be handled, by service and number.", call => call.Management.DeadLettersAsync(call.List(), call.Token), Service, Cursor, Limit),
        Get("dead-letters/groups", "deadLetterGroups", "Dead letters by what their reasons have in common.", call => call.Management.DeadLetterGroupsAsync(call.Token)),
        Get("dead-letters/{service}/{number}", "deadLetter", "One of them, with its body.", FindDeadLetterAsync),
        Get("streams/{service}/{aggregate}/{**id}", "stream", "The history of an aggregate, oldest first.", FindStreamAsync, new RouteParameter("after", "integer", "Only events after this version."), Limit),
        Get("projections", "projections", "The projections of events.", call => call.Management.ProjectionsAsync(call.Token)),
        Get("processes", "processes", "The processes that serve, and those that are gone and not forgotten.", call => call.Management.ProcessesAsync(call.Token)),
        Get("metrics", "metrics", "How much the services do.", call => call.Management.MetricsAsync(call.Token)),
        Get("audit", "audit", "What people did, the latest first.", AuditAsync, new RouteParameter("actor", "string", "Who did it."), new RouteParameter("act", "string", "What was done."),
            new RouteParameter("kind", "string", "To what: saga, dead-letter, job or projection."), new RouteParameter("target", "string", "To which one."), Service, Cursor, Limit),
        Get("jobs", "jobs", "Jobs, those begun last first.", JobsAsync, new RouteParameter("status", "string", "running, suspended, stopped or done."), Service, Cursor, Limit),
        Get("jobs/{service}/{id}", "job", "One job.", async call => (await call.Management.FindJobAsync(call.Service, call.Id, call.Token) ?? throw Refusals.NotFound($"job '{call.Id}' in service '{call.Service}'")).For(call.Caller)),
        Get("jobs/{service}/{id}/lines", "jobLines", "What a job has come to so far.",
            call => call.Management.JobLinesAsync(call.Service, call.Id, call.Number("after", 0, 0, long.MaxValue), call.Limit(ManagementLimits.LargestPage), call.Token), new RouteParameter("after", "integer", "Only after this number."), Limit),
        Post<JobRequest, JobItem>("jobs", Rights.Operate, "startJob", "Begins to do an act to all sagas of a service that match; with dryRun=true it says which those are, and begins nothing.", JobRoutes.StartAsync) with
        {
            Forecast = typeof(JobForecast), Query = [DryRun],
        },
        Post<ActRequest, JobItem>("jobs/{service}/{id}/{move}", Rights.Operate, "moveJob", "Stops, suspends or resumes a job (stop, suspend, resume).", JobRoutes.MoveAsync),
        Post<ActRequest, ActResult>("sagas/{service}/{id}/acts", Rights.Operate, "act", "Does an act to a saga; with dryRun=true it says what that would do, and does nothing.", ActRoute.HandleAsync) with
        {
            IsAct = true, Forecast = typeof(ActForecast), Query = [DryRun],
        },
        Post<DeadLetterRequest, DeadLetterResult>("dead-letters/{service}/{number}/replay", Rights.Operate, "replayDeadLetter", "Puts a dead letter back to work.",
            async call => await OtherActs.DoAsync(call, OtherActs.Replay, $"dead letter {LetterNumber(call)} of {call.Service}", async () => await call.Management.ReplayAsync(call.Service, LetterNumber(call), await call.BodyAsync<DeadLetterRequest>(), call.Terms(), call.Token))),
        Post<ProjectionSkip, ProjectionItem>("projections/{service}/{name}/skip", Rights.Administer, "skipEvent", "Leaves out the one event at which a projection stands still, for good.",
            async call => await OtherActs.DoAsync(call, OtherActs.SkipEvent, Projection(call), async () => await call.Management.SkipEventAsync(call.Service, call.Route("name"), await call.BodyAsync<ProjectionSkip>(), call.Terms(), call.Token))),
        Post<ProjectionItem>("projections/{service}/{name}/retry", Rights.Operate, "retryProjection", "Tries again at once what a projection stands still at.",
            async call => await OtherActs.DoAsync(call, OtherActs.RetryProjection, Projection(call), () => call.Management.RetryProjectionAsync(call.Service, call.Route("name"), call.Terms(), call.Token))),
        Post<ProjectionItem>("projections/{service}/{name}/rebuild", Rights.Operate, "rebuildProjection", "Begins to build a projection anew, beside its live rows.",
            async call => await OtherActs.DoAsync(call, OtherActs.RebuildProjection, Projection(call), () => call.Management.RebuildProjectionAsync(call.Service, call.Route("name"), call.Terms(), call.Token))),
    ];

    private static async Task<ServiceInfo> FindServiceAsync(ManagementCall call)
    {
        var services = await call.Management.ServicesAsync(call.Token);
        return services.Items.FirstOrDefault(one => one.Service == call.Service)
            ?? throw (services.Missing is [var missing, ..] ? Refusals.Unreachable(call.Service, $"Whoever may have it does not answer: {missing.Service}.") : Refusals.NoService(call.Service, services.Items.Select(one => one.Service)));
    }

    private static async Task<SagaDetail> FindSagaAsync(ManagementCall call)
    {
        var saga = await call.Management.FindSagaAsync(call.Service, call.Id, call.Token) ?? throw Refusals.NoSaga(call.Service, call.Id);
        call.Http.Response.Headers.ETag = FormattableString.Invariant($"\"{saga.Saga.Version}\"");
        return saga.For(call.Caller);
    }

    private static async Task<Page<AuditItem>> AuditAsync(ManagementCall call)
    {
        var page = await call.Management.AuditAsync(
            new AuditListQuery { Actor = call.Query("actor"), Act = call.Query("act"), Kind = call.Query("kind"), Target = call.Query("target"), Service = call.Query("service"), Cursor = call.Query("cursor"), Limit = call.Limit() }, call.Token);
        return page with { Items = [.. page.Items.Select(item => item.For(call.Caller))] };
    }

    private static async Task<Page<JobItem>> JobsAsync(ManagementCall call)
    {
        var page = await call.Management.JobsAsync(new JobListQuery { Status = call.Query("status"), Service = call.Query("service"), Cursor = call.Query("cursor"), Limit = call.Limit() }, call.Token);
        return page with { Items = [.. page.Items.Select(item => item.For(call.Caller))] };
    }

    private static async Task<DeadLetterDetail> FindDeadLetterAsync(ManagementCall call) =>
        (await call.Management.FindDeadLetterAsync(call.Service, LetterNumber(call), call.Token) ?? throw Refusals.NotFound($"dead letter {call.Route("number")} in service '{call.Service}'")).For(call.Caller);

    private static async Task<StreamHistory> FindStreamAsync(ManagementCall call) =>
        (await call.Management.StreamAsync(call.Service, call.Route("aggregate"), call.Id, call.Number("after", 0, 0, long.MaxValue), call.Limit(ManagementLimits.LargestPage), call.Token)
            ?? throw Refusals.NotFound($"'{call.Route("aggregate")}' with the id '{call.Id}' in service '{call.Service}'")).For(call.Caller);

    private static long LetterNumber(ManagementCall call) => long.TryParse(call.Route("number"), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
        ? number
        : throw Refusals.NotFound($"dead letter '{call.Route("number")}' in service '{call.Service}'");

    private static string Projection(ManagementCall call) => $"projection {call.Route("name")} of {call.Service}";

    private static ManagementRoute Get<T>(string pattern, string name, string says, Func<ManagementCall, Task<T>> handle, params RouteParameter[] query) =>
        new(HttpMethods.Get, pattern, Rights.View, name, says, typeof(T), async call => await handle(call)) { Query = query };

    private static ManagementRoute Post<TBody, T>(string pattern, string right, string name, string says, Func<ManagementCall, Task<object?>> handle) =>
        new(HttpMethods.Post, pattern, right, name, says, typeof(T), handle) { Body = typeof(TBody) };

    private static ManagementRoute Post<T>(string pattern, string right, string name, string says, Func<ManagementCall, Task<object?>> handle) =>
        new(HttpMethods.Post, pattern, right, name, says, typeof(T), handle);
}
