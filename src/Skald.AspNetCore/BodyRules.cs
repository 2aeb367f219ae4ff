using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Validation;

namespace Skald;

/// <summary>Holds a body against the rules that its type's attributes say, by what <c>AddValidation</c> knows of them.</summary>
/// <param name="rules">The type's rules.</param>
/// <param name="options">The application's.</param>
internal sealed class BodyRules(IValidatableInfo rules, ValidationOptions options)
{
    /// <exception cref="InvalidOperationException">Nobody knows the type's rules: what is sent would be taken without a look.</exception>
    public static BodyRules Of(Type body, IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<ValidationOptions>>().Value;
        return options.TryGetValidatableTypeInfo(body, out var rules)
            ? new BodyRules(rules, options)
            : throw new InvalidOperationException(
                $"The rules of {body.Name} are not known. Mark it with [ValidatableType], make it public, and call AddValidation() on the services in the project that has it.");
    }

    /// <summary>What is wrong, by the names that the fields have in JSON, as whoever sent them knows them; empty when nothing is.</summary>
    public async Task<Dictionary<string, string[]>> BrokenAsync(object body, IServiceProvider services, CancellationToken cancellationToken)
    {
        var context = new ValidateContext { ValidationOptions = options, ValidationContext = new ValidationContext(body, body.GetType().Name, services, items: null) };
        await rules.ValidateAsync(body, context, cancellationToken);
        var names = services.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions.PropertyNamingPolicy;
        return (context.ValidationErrors ?? []).ToDictionary(e => names is null ? e.Key : string.Join('.', e.Key.Split('.').Select(names.ConvertName)), e => e.Value);
    }
}
