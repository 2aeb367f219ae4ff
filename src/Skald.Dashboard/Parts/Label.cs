using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace Skald.Dashboard.Parts;

/// <summary>Text of a drawing: Razor has a meaning of its own for the element's name.</summary>
public sealed class Label : IComponent
{
    private RenderHandle _handle;

    /// <summary>Where it is.</summary>
    [Parameter, EditorRequired] public double X { get; set; }

    /// <summary>Its base line.</summary>
    [Parameter, EditorRequired] public double Y { get; set; }

    /// <summary>What it says.</summary>
    [Parameter, EditorRequired] public string? Text { get; set; }

    /// <summary><c>start</c>, <c>middle</c> or <c>end</c>.</summary>
    [Parameter] public string Anchor { get; set; } = "start";

    /// <summary>Its classes.</summary>
    [Parameter] public string? Class { get; set; }

    /// <summary>The most letters that have room; the rest is in a hint.</summary>
    [Parameter] public int Room { get; set; } = int.MaxValue;

    /// <inheritdoc/>
    public void Attach(RenderHandle renderHandle) => _handle = renderHandle;

    /// <inheritdoc/>
    public Task SetParametersAsync(ParameterView parameters)
    {
        parameters.SetParameterProperties(this);
        _handle.Render(Render);
        return Task.CompletedTask;
    }

    private void Render(RenderTreeBuilder builder)
    {
        var text = Text ?? "";
        var cut = text.Length > Room;
        builder.OpenElement(0, "text");
        builder.AddAttribute(1, "x", X.ToString("0.#", CultureInfo.InvariantCulture));
        builder.AddAttribute(2, "y", Y.ToString("0.#", CultureInfo.InvariantCulture));
        builder.AddAttribute(3, "text-anchor", Anchor is "start" ? null : Anchor);
        builder.AddAttribute(4, "class", Class);
        builder.AddContent(5, cut ? $"{text[..Math.Max(1, Room - 1)].TrimEnd()}…" : text);
        if (cut)
        {
            builder.OpenElement(6, "title");
            builder.AddContent(7, text);
            builder.CloseElement();
        }

        builder.CloseElement();
    }
}
