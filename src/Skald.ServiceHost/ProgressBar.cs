using System.Globalization;

namespace Skald;

/// <summary>Shows on stderr how far a rebuild has come: a line that moves on a terminal, elsewhere a line per tenth.</summary>
/// <param name="unit">What is counted.</param>
/// <param name="terminal">Whether the line can be written over; found out unless said.</param>
/// <param name="output">Where it is shown; stderr unless said.</param>
public sealed class ProgressBar(string unit, bool? terminal = null, TextWriter? output = null) : IProgress<RebuildProgress>, IDisposable
{
    private const int Width = 30;

    private readonly bool _terminal = terminal ?? !Console.IsErrorRedirected;
    private readonly TextWriter _output = output ?? Console.Error;
    private int _shownTenths = -1;

    /// <inheritdoc/>
    public void Report(RebuildProgress value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var part = value.Total == 0 ? 1 : (double)value.Done / value.Total;
        var tenths = (int)(part * 10);
        if (_terminal)
        {
            _output.Write('\r' + Line(value, part));
        }
        else if (tenths > _shownTenths)
        {
            _output.WriteLine(Line(value, part));
        }

        _shownTenths = tenths;
    }

    /// <summary>Leaves the line.</summary>
    public void Dispose()
    {
        if (_terminal && _shownTenths >= 0)
        {
            _output.WriteLine();
        }
    }

    private string Line(RebuildProgress value, double part)
    {
        var filled = (int)(part * Width);
        var rate = value.EventsPerSecond > 0 ? value.EventsPerSecond.ToString("N0", CultureInfo.InvariantCulture) : "?";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"[{new string('#', filled)}{new string('.', Width - filled)}] {part * 100,3:0} %  {value.Done:N0} of {value.Total:N0} {unit}, {rate}/s");
    }
}
