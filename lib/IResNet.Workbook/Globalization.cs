using System.Globalization;
using System.Runtime.InteropServices;

namespace IResNet.Workbook;

/// <summary>
/// Cultures for the cells, and none for the program. The program is built for machines without ICU, where .NET would
/// not start otherwise; where ICU is there, its cultures, sorting and casing are switched on. What the program itself
/// reads and prints is of the invariant culture either way.
/// </summary>
internal static class Globalization
{
    private const string Switch = "System.Globalization.Invariant";

    /// <summary>What a user sets to decide it.</summary>
    public const string Variable = "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT";

    /// <summary>Whether cells have cultures, rather than the invariant one under every name.</summary>
    public static bool HasCultures => AppContext.TryGetSwitch(Switch, out bool invariant) && !invariant;

    /// <summary>To be called before anything else: the runtime asks once, when it first needs a culture.</summary>
    public static void Configure()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null && HasIcu())
            AppContext.SetSwitch(Switch, false);
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
        CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;
    }

    /// <summary>Windows and macOS bring it; on Linux .NET takes the newest libicuuc that it can load.</summary>
    private static bool HasIcu()
    {
        if (!OperatingSystem.IsLinux())
            return true;
        for (int version = 100; version >= 50; version--)
        {
            if (!NativeLibrary.TryLoad($"libicuuc.so.{version}", out nint common))
                continue;
            NativeLibrary.Free(common);
            if (!NativeLibrary.TryLoad($"libicui18n.so.{version}", out nint international))
                return false;
            NativeLibrary.Free(international);
            return true;
        }

        return false;
    }
}
