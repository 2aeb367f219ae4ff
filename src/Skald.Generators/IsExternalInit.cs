namespace System.Runtime.CompilerServices;

/// <summary>What the compiler asks for where a record has init properties; netstandard2.0 has none.</summary>
internal static class IsExternalInit;
