using Skald.Diagnostics;

namespace Skald.Messaging;

/// <summary>The wire names of one service. Each means one type, whatever the type is used for.</summary>
internal sealed class MessageNames(string service)
{
    private readonly Dictionary<string, (Type Type, string Role)> _byName = [];

    /// <summary>A command, with the names of its answers.</summary>
    /// <param name="contract">The command.</param>
    /// <param name="refusal">The type as which its refusals are read.</param>
    /// <param name="problems">The list.</param>
    public void AddCommand(MessageContract contract, Type refusal, List<string> problems)
    {
        Add(contract.Name, contract.Type, "the command", problems);
        // A command has all three.
        Add(contract.ReplyName!, contract.ReplyType!, $"the reply to {contract.Type.Name},", problems);
        Add(contract.RefusalName!, refusal, $"the refusal of {contract.Type.Name},", problems);
    }

    public void Add(string name, Type type, string role, List<string> problems)
    {
        if (_byName.TryAdd(name, (type, role)) || _byName[name] is var known && (known.Type == type || IsRefusal(known.Type, type)))
        {
            return;
        }

        if (IsRefusal(type, known.Type))
        {
            // The more telling one is the one to compare with.
            _byName[name] = (type, role);
            return;
        }

        problems.Add(ErrorCodes.NameTaken(service, name, Shown(known, type), Shown((type, role), known.Type)));
    }

    /// <summary>Every refusal can be read as what all have in common.</summary>
    private static bool IsRefusal(Type telling, Type common) => common == typeof(Refusal) && telling.IsSubclassOf(typeof(Refusal));

    private static string Shown((Type Type, string Role) use, Type other) =>
        $"{use.Role} {(use.Type.Name == other.Name ? use.Type.FullName ?? use.Type.Name : use.Type.Readable())}";
}
