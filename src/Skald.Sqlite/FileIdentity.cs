using System.Runtime.InteropServices;

namespace Skald.Sqlite;

/// <summary>
/// Which file a path leads to: one that was deleted, moved or replaced has another identity, though whoever has opened it before reads and writes it as if
/// nothing had happened. Where the system does not tell (<c>statx</c>), it is only known whether there is a file.
/// </summary>
/// <param name="Device">The disk.</param>
/// <param name="Number">The file's number on it.</param>
internal readonly record struct FileIdentity(ulong Device, ulong Number)
{
    private const int RelativeToFolder = -100;
    private const uint WantsNumber = 0x100;
    private const int NoSuchFile = 2;
    private const int NoSuchFolder = 20;

    // The layout is the same on every processor (statx(2)).
    private const int SizeOfAnswer = 256;
    private const int AtNumber = 32;
    private const int AtDevice = 136;

    private static readonly FileIdentity Gone = new(ulong.MaxValue, ulong.MaxValue);
    private static readonly FileIdentity Some = new(0, 0);

    private static volatile bool _isTold = OperatingSystem.IsLinux();

    /// <summary>What is there now.</summary>
    public static FileIdentity Of(string path)
    {
        if (_isTold)
        {
            try
            {
                return Ask(path) ?? Look(path);
            }
            catch (Exception exception) when (exception is EntryPointNotFoundException or DllNotFoundException)
            {
                _isTold = false;
            }
        }

        return Look(path);
    }

    /// <summary>Whether this is another file than was there before, or none any more. What is not known is no difference.</summary>
    public bool IsNot(FileIdentity before) => this != before && before != Gone && (this == Gone || (this != Some && before != Some));

    /// <returns>Null when the system does not tell.</returns>
    private static FileIdentity? Ask(string path)
    {
        Span<byte> answer = stackalloc byte[SizeOfAnswer];
        if (StatX(RelativeToFolder, path, 0, WantsNumber, ref MemoryMarshal.GetReference(answer)) == 0)
        {
            return new FileIdentity(BitConverter.ToUInt64(answer[AtDevice..]), BitConverter.ToUInt64(answer[AtNumber..]));
        }

        return Marshal.GetLastPInvokeError() is NoSuchFile or NoSuchFolder ? Gone : null;
    }

    private static FileIdentity Look(string path) => File.Exists(path) ? Some : Gone;

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatX(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint wanted, ref byte answer);
}
