namespace System;

/// <summary>What the compiler asks for where a list is matched; netstandard2.0 has none.</summary>
internal readonly struct Index(int value, bool fromEnd = false)
{
    public int GetOffset(int length) => fromEnd ? length - value : value;
}
