using System.Text.Json;
using System.Text.Json.Serialization;

namespace FoodOrders.CardProvider;

/// <summary>How what the provider is asked, answers and keeps is written.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(AuthorizationRequest))]
[JsonSerializable(typeof(IEnumerable<CardAuthorization>))]
[JsonSerializable(typeof(ProviderBehaviour))]
internal sealed partial class CardProviderJson : JsonSerializerContext;
