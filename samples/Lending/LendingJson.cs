using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lending;

/// <summary>How what people ask and are told is written. Messages and states are generated with them.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Loan))]
[JsonSerializable(typeof(LoanRequest))]
[JsonSerializable(typeof(LoanView))]
internal sealed partial class LendingJson : JsonSerializerContext;
