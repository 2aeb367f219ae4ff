using System.Diagnostics;

namespace Skald.TestServers;

/// <summary>A disk that is soon full.</summary>
public sealed class SmallDisk : IDisposable
{
    private static readonly Lazy<string?> Missing = new(Try);

    private SmallDisk(string folder) => Folder = folder;

    /// <summary>Why there can be none; null when there can.</summary>
    public static string? Requirement => Missing.Value;

    /// <summary>Where it is.</summary>
    public string Folder { get; }

    private string Filler => Path.Combine(Folder, "filler");

    /// <summary>Makes an empty one.</summary>
    /// <param name="megabytes">Its size.</param>
    /// <exception cref="InvalidOperationException">It cannot be mounted.</exception>
    public static SmallDisk Make(int megabytes)
    {
        var disk = new SmallDisk(Directory.CreateTempSubdirectory("skald-disk-").FullName);
        var (ended, said) = Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "skald", disk.Folder);
        if (ended == 0)
        {
            return disk;
        }

        Directory.Delete(disk.Folder);
        throw new InvalidOperationException(said);
    }

    /// <summary>Nothing more can be written until <see cref="Free"/>, however much others give back meanwhile.</summary>
    public void Fill()
    {
        using var filler = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        // The last bytes, too.
        for (var size = 1 << 20; size > 0;)
        {
            try
            {
                filler.Write(new byte[size]);
            }
            catch (IOException)
            {
                size /= 2;
            }
        }
    }

    /// <summary>There is room again.</summary>
    public void Free() => File.Delete(Filler);

    /// <inheritdoc/>
    public void Dispose()
    {
        Run("umount", "-l", Folder);
        Directory.Delete(Folder);
    }

    private static string? Try()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "a small disk needs Linux";
        }

        try
        {
            Make(1).Dispose();
            return null;
        }
        catch (InvalidOperationException exception)
        {
            return "a small disk cannot be mounted, which only root may: " + exception.Message;
        }
    }

    private static (int Ended, string Said) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, said.Trim());
    }
}
