using System.Collections.Frozen;

namespace Skald.Dashboard.Words;

/// <summary>Drawings on a field of 16 by 16, in the colour of the text around them.</summary>
internal static class Icons
{
    private static readonly FrozenDictionary<string, string> Drawings = new Dictionary<string, string>
    {
        // States
        ["done"] = """<path d="M3 8.5l3.2 3.2L13 5"/>""",
        ["running"] = """<circle cx="8" cy="8" r="5.8"/><path d="M8 4.8V8l2.2 1.6"/>""",
        ["waiting"] = """<path d="M4 2.5h8M4 13.5h8M5 2.8c0 3 3 3.700 3 5.200s-3 2.200-3 5.200M11 2.8c0 3-3 3.700-3 5.200s3 2.200 3 5.200"/>""",
        ["undo"] = """<path d="M6 3L3 6l3 3M3.5 6H10a3.5 3.5 0 010 7H7"/>""",
        ["undone"] = """<circle cx="8" cy="8" r="5.8"/><path d="M8.2 5.600L5.800 8l2.400 2.400M6 8h4.500"/>""",
        ["parked"] = """<path d="M8 2l6.500 11.500h-13z"/><path d="M8 6.500v3.200M8 11.600v.1"/>""",
        ["failed"] = """<circle cx="8" cy="8" r="5.8"/><path d="M5.800 5.800l4.400 4.400M10.200 5.800l-4.400 4.400"/>""",
        ["doubt"] = """<circle cx="8" cy="8" r="5.8"/><path d="M6.300 6.600a1.700 1.700 0 113 1.100c-.7.6-1.300.9-1.300 1.700M8 11.300v.1"/>""",
        ["skipped"] = """<path d="M3 4l5 4-5 4zM9 4l4.500 4L9 12z"/>""",
        ["nothing"] = """<circle cx="8" cy="8" r="5.8"/><path d="M5.500 8h5"/>""",
        ["remains"] = """<circle cx="8" cy="8" r="4"/>""",
        ["paused"] = """<path d="M5.500 3.500v9M10.500 3.500v9"/>""",
        ["away"] = """<path d="M2.500 2.500l11 11M4.500 12.500h6.700M3.200 9.800A3 3 0 014.800 6.500M7 3.700a4 4 0 014.600 3.500A2.700 2.700 0 0113.400 11"/>""",
        // Places
        ["overview"] = """<path d="M2.500 2.500h4.500v6H2.500zM9 2.500h4.500v3.500H9zM9 8.500h4.500v5H9zM2.500 11h4.500v2.500H2.500z"/>""",
        ["sagas"] = """<path d="M6.500 3.500h7M6.500 8h7M6.500 12.500h7"/><circle cx="3.200" cy="3.500" r="1"/><circle cx="3.200" cy="8" r="1"/><circle cx="3.200" cy="12.500" r="1"/>""",
        ["flows"] = """<circle cx="3.500" cy="8" r="1.500"/><circle cx="12.500" cy="3.500" r="1.500"/><circle cx="12.500" cy="12.500" r="1.500"/><path d="M5 8h2.500c2 0 1.500-4.500 3.500-4.500M7.500 8c2 0 1.500 4.500 3.500 4.500"/>""",
        ["timers"] = """<circle cx="8" cy="9" r="5"/><path d="M8 6.500V9l1.700 1.200M6.500 1.800h3"/>""",
        ["letters"] = """<path d="M2 3.500h12v9H2zM2.300 4l5.700 4.500L13.700 4"/>""",
        ["streams"] = """<path d="M8 2l6 3-6 3-6-3zM2.500 8L8 10.800 13.500 8M2.500 11L8 13.800 13.500 11"/>""",
        ["projections"] = """<path d="M2.500 3h11v10h-11zM2.500 6.500h11M6.500 6.500V13"/>""",
        ["services"] = """<path d="M2.500 2.500h11v4.500h-11zM2.500 9h11v4.500h-11zM5 4.700v.1M5 11.200v.1"/>""",
        ["processes"] = """<path d="M4.500 4.500h7v7h-7zM6.500 2v2.500M9.500 2v2.500M6.500 11.500V14M9.500 11.500V14M2 6.500h2.500M2 9.500h2.500M11.500 6.500H14M11.500 9.500H14"/>""",
        ["balance"] = """<path d="M8 2.500v11M5 13.500h6M3 4.500h10M3 4.500L1.500 9h3zM13 4.500L11.500 9h3z"/>""",
        ["jobs"] = """<path d="M5.500 4V2.500h5V4M2 4h12v9H2zM2 8h12"/>""",
        ["audit"] = """<path d="M4 2h5.500L12.500 5v9H4zM6.500 7h3.500M6.500 9.500h3.500"/>""",
        // Things to do
        ["search"] = """<circle cx="7" cy="7" r="4.300"/><path d="M10.300 10.300l3.200 3.200"/>""",
        ["copy"] = """<path d="M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3"/>""",
        ["out"] = """<path d="M9 2.500h4.500V7M13.300 2.700L7.500 8.500M11.500 9.500v4h-9v-9h4"/>""",
        ["next"] = """<path d="M3 8h10M9.500 4.500L13 8l-3.500 3.500"/>""",
    }.ToFrozenDictionary();

    /// <summary>What is between <c>&lt;svg&gt;</c> and <c>&lt;/svg&gt;</c>. It is ours, and never anybody's text.</summary>
    public static string Drawing(string name) => Drawings.GetValueOrDefault(name, Drawings["remains"]);
}
