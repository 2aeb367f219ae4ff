using System.Reflection;

namespace Skald.Management.Tests;

/// <summary>A management that answers as a test has it, whatever it is asked.</summary>
public class Answering : DispatchProxy
{
    private Func<string, object?[], object> _answer = null!; // Of sets it.

    /// <param name="answer">Takes the method's name and what it was given; its answer is what the method's task gives.</param>
    public static IManagement Of<T>(Func<string, object?[], T> answer)
    {
        var management = Create<IManagement, Answering>();
        ((Answering)(object)management)._answer = (method, given) =>
        {
            try
            {
                return Task.FromResult(answer(method, given));
            }
            catch (ManagementException exception)
            {
                return Task.FromException<T>(exception);
            }
        };
        return management;
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _answer(targetMethod!.Name, args!); // It is a method that is called.
}
