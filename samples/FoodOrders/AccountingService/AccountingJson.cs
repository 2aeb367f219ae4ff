using System.Text.Json;
using System.Text.Json.Serialization;

namespace FoodOrders.Accounting;

/// <summary>How what is said to the provider and to people is written.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(AuthorizationView))]
[JsonSerializable(typeof(Charge))]
[JsonSerializable(typeof(ProviderAnswer))]
internal sealed partial class AccountingJson : JsonSerializerContext;
