using Skald;

namespace Storefront.Frontend;

/// <summary>The command line of Frontend.</summary>
internal static class FrontendVerbs
{
    public static readonly Verb[] All =
    [
        new("order_list", "Lists the orders that changed last, the latest first.", async verb =>
            await new OrderQueries(verb.Service).NewestAsync(Limit.Of(verb), verb.CancellationToken)) { Parameters = [Limit.Parameter] },
        new("order_details", "Shows one order with its history.", DetailsAsync)
        {
            Parameters = [VerbParameter.Required<string>("uuid", "The order's uuid.")],
        },
        new("data_init", "Has every service begin anew: users jack and jill, widgets and wotsits. They must be running.", DataInitAsync) { Waits = true },
    ];

    private static async Task<object?> DetailsAsync(VerbContext verb)
    {
        var uuid = verb.Get<string>("uuid");
        return Guid.TryParse(uuid, out var id) && await new OrderQueries(verb.Service).FindAsync(id, verb.CancellationToken) is { } order
            ? order
            : throw new RefusedException($"There is no order '{uuid}'. List the orders with order_list.");
    }

    private static async Task<object?> DataInitAsync(VerbContext verb)
    {
        var start = await verb.Service.StartAsync<DataInitSaga, DataInit>(new DataInit([]));
        var ended = await verb.WaitForAsync(
            async () => await verb.Service.FindSagaAsync(start.Id, verb.CancellationToken) is { } saga && saga.Status.IsFinal() ? saga : null,
            async () => $"Still at '{(await verb.Service.FindSagaAsync(start.Id, verb.CancellationToken))?.Step}': the frontend and the service it asks must be running.");
        return ended.Status == SagaStatus.Completed
            ? DataInitSaga.StateOf(ended).Lines
            : throw new RefusedException($"'{ended.FailedStep}' was not done: {ended.Failure?.Message}. Start that service and repeat data-init.");
    }
}
