using System.Text.Json.Serialization;

namespace Skald.Sqlite;

/// <summary>How the plans that a process knows are written.</summary>
[JsonSerializable(typeof(string[]))]
internal sealed partial class PlansJson : JsonSerializerContext;
