using Skald.Storage;

namespace Skald.Management;

// What people do.
public sealed partial class LocalManagement
{
    /// <inheritdoc/>
    public Task<ActForecast> PreviewAsync(string service, string id, ActRequest act, CancellationToken cancellationToken = default) => AskAsync(service, async () =>
    {
        ArgumentNullException.ThrowIfNull(act);
        if (ActRequests.IsHold(act))
        {
            var saga = await MustBeAsync(id, cancellationToken);
            return new ActForecast { Act = act.Act!, Version = saga.Revision, Before = saga.Status.Word(), After = saga.Status.Word() }; // IsHold has read it.
        }

        return ActRequests.Forecast(await _service.PreviewAsync(await ExistingAsync(id, cancellationToken), ActRequests.Read(act), act.Reason, cancellationToken));
    });

    /// <inheritdoc/>
    public Task<ActResult> ActAsync(string service, string id, ActRequest act, ActTerms terms, CancellationToken cancellationToken = default) => AskAsync(service, () =>
    {
        ArgumentNullException.ThrowIfNull(act);
        ArgumentNullException.ThrowIfNull(terms);
        ActRequests.CheckKey(terms.Key);
        return _acts.OnceAsync(terms.Key is { } key ? $"{terms.Actor} {key}" : null, ActRequests.Fingerprint(id, act, terms), () => DoAsync(id, act, terms, CancellationToken.None), cancellationToken);
    });

    /// <inheritdoc/>
    public Task<DeadLetterResult> ReplayAsync(string service, long number, DeadLetterRequest request, ActTerms terms, CancellationToken cancellationToken = default) => AskAsync(service, async () =>
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(terms);
        var letter = await LetterAsync(number, cancellationToken) ?? throw Refusals.NotFound($"dead letter {number} in service '{_service.Name}'");
        if (letter.Envelope is null)
        {
            throw Refusals.Refused("What came cannot be read as a message, so that nobody could handle it.");
        }

        await _service.ReplayAsync(number, terms.Actor, request.Reason, cancellationToken);
        return new DeadLetterResult(_service.Name, number, "put-back", "It is on its way to its handler. If that fails again, it comes back as a dead letter with a new number.");
    });

    /// <inheritdoc/>
    public Task<ProjectionItem> RetryProjectionAsync(string service, string name, ActTerms terms, CancellationToken cancellationToken = default) => AskAsync(service, async () =>
    {
        ArgumentNullException.ThrowIfNull(terms);
        var projection = Projection(name);
        projection.Retry();
        await RecordAsync("retry-projection", name, terms, null, cancellationToken);
        return await ItemAsync(projection, cancellationToken);
    });

    /// <inheritdoc/>
    public Task<ProjectionItem> SkipEventAsync(string service, string name, ProjectionSkip skip, ActTerms terms, CancellationToken cancellationToken = default) => AskAsync(service, async () =>
    {
        ArgumentNullException.ThrowIfNull(skip);
        ArgumentNullException.ThrowIfNull(terms);
        var projection = Projection(name);
        var position = EventPositions.Parse(skip.Position) ?? throw Refusals.BadRequest("'position' is no event's.", "Take the one that 'stopsAt' names.");
        if (string.IsNullOrWhiteSpace(skip.Reason))
        {
            throw Refusals.BadRequest("'reason' is missing.", "Say why the rows are right without the event.");
        }

        try
        {
            await projection.SkipAsync(position, terms.Actor is null ? skip.Reason : $"{terms.Actor}: {skip.Reason}", cancellationToken);
        }
        catch (InvalidOperationException exception)
        {
            throw Refusals.Refused(exception.Message);
        }

        await RecordAsync("skip-event", name, terms, FormattableString.Invariant($"{skip.Reason} (the event at {position})"), cancellationToken);
        return await ItemAsync(projection, cancellationToken);
    });

    /// <inheritdoc/>
    public Task<ProjectionItem> RebuildProjectionAsync(string service, string name, ActTerms terms, CancellationToken cancellationToken = default) => AskAsync(service, async () =>
    {
        ArgumentNullException.ThrowIfNull(terms);
        var projection = Projection(name);
        if (!_rebuilds.TryBegin(projection, _options.Time))
        {
            throw Refusals.Refused($"Projection '{name}' is being built anew already.");
        }

        await RecordAsync("rebuild-projection", name, terms, null, cancellationToken);
        return await ItemAsync(projection, cancellationToken);
    });

    private Task RecordAsync(string act, string projection, ActTerms terms, string? reason, CancellationToken cancellationToken) =>
        _service.RecordActAsync(act, AuditKinds.Projection, projection, new ActOptions { Actor = terms.Actor, Reason = reason }, cancellationToken);

    private async Task<ActResult> DoAsync(string id, ActRequest act, ActTerms terms, CancellationToken cancellationToken)
    {
        var found = await MustBeAsync(id, cancellationToken);
        var saga = found.Id;
        if (ActRequests.IsHold(act))
        {
            // Nothing that happens between this look and the act makes holding it wrong: it changes nothing that the saga does.
            if (terms.Version is { } version && version != found.Revision)
            {
                throw new SagaMovedOnException(saga, version, found.Revision);
            }

            await (act.Act == ActRequests.Hold
                ? _service.HoldAsync(saga, terms.Actor, act.Reason, cancellationToken)
                : _service.ReleaseAsync(saga, terms.Actor, act.Reason, cancellationToken));
            var summary = await MustBeAsync(id, cancellationToken);
            return new ActResult(_service.Name, id, act.Act!, summary.Revision, summary.Status.Word(), act.Act == ActRequests.Hold ? "It is kept until somebody releases it." : "Nobody keeps it any longer."); // IsHold has read it.
        }

        var asked = ActRequests.Read(act);
        var outcome = await _service.ActAsync(saga, asked, new ActOptions { ExpectedVersion = terms.Version, Actor = terms.Actor, Reason = act.Reason }, cancellationToken);
        return outcome.Refused is { } why
            ? throw Refusals.Refused(why, outcome.Version)
            : new ActResult(_service.Name, id, asked.Name, outcome.Version, outcome.Status.Word(), $"Done: it is {outcome.Status.Word()}.");
    }

    /// <summary>Acts on what is not there say so as reading does.</summary>
    private async Task<SagaId> ExistingAsync(string id, CancellationToken cancellationToken) => (await MustBeAsync(id, cancellationToken)).Id;
}
