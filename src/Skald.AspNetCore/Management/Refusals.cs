using System.Globalization;

namespace Skald.Management;

/// <summary>Each reason for which there is no answer, with its sentence.</summary>
internal static class Refusals
{
    public static ManagementException BadRequest(string title, string? detail = null) => Of(400, ProblemCodes.BadRequest, title, detail);

    public static ManagementException BadQuery(SagaQueryException exception) =>
        new(new ManagementProblem(400, ProblemCodes.BadQuery, "The query cannot be read.") { Detail = exception.Message, Position = exception.Position }, exception);

    public static ManagementException NoService(string service, IEnumerable<string> known) =>
        Of(404, ProblemCodes.NotFound, $"There is no service '{service}' here.", $"There are: {string.Join(", ", known)}.");

    public static ManagementException NotFound(string what) => Of(404, ProblemCodes.NotFound, $"There is no {what}.");

    public static ManagementException NoSaga(string service, string id) => NotFound($"saga '{id}' in service '{service}'");

    public static ManagementException Removed(RemovedSaga saga) => Of(
        410, ProblemCodes.Removed, $"Saga '{saga.Id}' has been removed.",
        string.Create(CultureInfo.InvariantCulture, $"It was a '{saga.Definition}'{(saga.Key is null ? "" : $" with the key '{saga.Key}'")}, ended {saga.Status.Word()} at {saga.EndedAt:u} and was removed at {saga.RemovedAt:u}."));

    public static ManagementException MovedOn(SagaMovedOnException exception) =>
        new(new ManagementProblem(412, ProblemCodes.MovedOn, "The saga has moved on.") { Detail = exception.Message, Version = exception.Actual }, exception);

    public static ManagementException Refused(string why, long? version = null) =>
        new(new ManagementProblem(409, ProblemCodes.Refused, "Its state does not allow it.") { Detail = why, Version = version });

    public static ManagementException VersionUnknown(SagaVersionUnknownException exception) =>
        new(new ManagementProblem(409, ProblemCodes.VersionUnknown, "This process does not know the version that the saga runs.") { Detail = exception.Message }, exception);

    public static ManagementException KeyUsedBefore(string key) =>
        Of(422, ProblemCodes.KeyUsedBefore, "This Idempotency-Key was used before with a different request.", $"Nothing was done for '{key}'. Use a new key, or repeat the first request unchanged.");

    public static ManagementException NobodyKnows(Exception first) =>
        new(new ManagementProblem(503, ProblemCodes.Unreachable, "Nobody knows whether it was done.") { Detail = "The first attempt under this key was cut off. Look at the saga, then repeat it under a new key if it was not." }, first);

    public static ManagementException NotSupported(string title) => Of(501, ProblemCodes.NotSupported, title);

    public static ManagementException Unreachable(string service, string why, Exception? inner = null) =>
        new(new ManagementProblem(503, ProblemCodes.Unreachable, $"Service '{service}' does not answer.") { Detail = why }, inner);

    public static ManagementException NotLetIn(string service, ManagementException exception) => new(
        new ManagementProblem(503, ProblemCodes.Unreachable, $"Service '{service}' does not answer.")
        {
            Detail = string.Create(CultureInfo.InvariantCulture, $"Whoever has it does not let this process in ({exception.Problem.Status}): {exception.Problem.Title}"),
        }, exception);

    private static ManagementException Of(int status, string code, string title, string? detail = null) => new(new ManagementProblem(status, code, title) { Detail = detail });
}
