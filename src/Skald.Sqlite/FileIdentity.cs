using System.Runtime.InteropServices;

namespace Skald.Sqlite;

/// <summary>
/// Which file a path leads to: one that was deleted, moved or replaced has another identity, though whoever has opened it before reads and writes it as if
/// nothing had happened. On systems without <c>statx</c> it is only known whether there is a file.
/// </summary>
/// <param name="Device">The disk.</param>
/// <param name="Number">The file's number on it.</param>
internal readonly record struct FileIdentity(ulong Device, ulong Number)
{
    private const int RelativeToFolder = -100;
    private const uint WantsNumber = 0x100;

    // The layout is the same on every processor (statx(2)).
    private const int SizeOfAnswer = 256;
    private const int AtNumber = 32;
    private const int AtDevice = 136;

    private static volatile bool _isKnown = OperatingSystem.IsLinux();

    /// <summary>The file's identity; null when there is none.</summary>
    public static FileIdentity? Of(string path)
    {
        if (_isKnown)
        {
            try
            {
                return Ask(path);
            }
            catch (EntryPointNotFoundException)
            {
                _isKnown = false;
            }
        }

        return File.Exists(path) ? new FileIdentity() : null;
    }

    private static FileIdentity? Ask(string path)
    {
        Span<byte> answer = stackalloc byte[SizeOfAnswer];
        return StatX(RelativeToFolder, path, 0, WantsNumber, ref MemoryMarshal.GetReference(answer)) == 0
            ? new FileIdentity(BitConverter.ToUInt64(answer[AtDevice..]), BitConverter.ToUInt64(answer[AtNumber..]))
            : null;
    }

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatX(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint wanted, ref byte answer);
}
