using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Skald.Management;

namespace Skald.Dashboard.Tests.Fake;

/// <summary>The fake's answers with an attack in the place of every text: names, keys, sentences, members of payloads and headers.</summary>
public class Hostile : DispatchProxy
{
    private static readonly HashSet<string> Kept = ["status", "state", "kind", "right", "act", "before", "after", "end", "role", "outcome", "work", "aggregate", "id", "service", "saga", "next"];

    private readonly IManagement _inner = new FakeManagement();

    /// <summary>What stands in the place of every text.</summary>
    public string Attack { get; private set; } = "";

    /// <summary>Whether states and kinds are attacks as well.</summary>
    public bool Everything { get; set; }

    public static (IManagement Management, Hostile Hostile) With(string attack)
    {
        var management = Create<IManagement, Hostile>();
        var hostile = (Hostile)(object)management;
        hostile.Attack = attack;
        return (management, hostile);
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var answer = targetMethod!.Invoke(_inner, args); // It proxies an interface.
        if (answer is not Task task || !targetMethod.ReturnType.IsGenericType)
        {
            return answer;
        }

        var type = targetMethod.ReturnType.GetGenericArguments()[0];
        return typeof(Hostile).GetMethod(nameof(SpoilAsync), BindingFlags.NonPublic | BindingFlags.Instance)!.MakeGenericMethod(type).Invoke(this, [task]);
    }

    private async Task<T?> SpoilAsync<T>(Task<T> task) =>
        await task is { } answer ? JsonSerializer.Deserialize<T>(Spoil(JsonSerializer.SerializeToNode(answer, JsonSerializerOptions.Web), "")!.ToJsonString(), JsonSerializerOptions.Web) : default;

    private JsonNode? Spoil(JsonNode? node, string name) => node switch
    {
        JsonObject o => new JsonObject(o.Select(p => KeyValuePair.Create(IsPayload(name, p.Key) ? $"{p.Key}{Attack}" : p.Key, Spoil(p.Value, IsPayload(name, p.Key) ? "" : p.Key)))),
        JsonArray a => new JsonArray([.. a.Select(i => Spoil(i, name))]),
        JsonValue v when v.TryGetValue<string>(out var text) && !(Kept.Contains(name) && !Everything) && name is not ("id" or "service" or "saga" or "next" or "act") && !DateTimeOffset.TryParse(text, null, out _) => Attack,
        _ => node?.DeepClone(),
    };

    private static bool IsPayload(string parent, string key) => parent is "state" or "headers" or "body" && key.Length > 0;
}
