using System.Globalization;

namespace IResNet.Workbook.Diagnosis;

/// <summary>.NET itself.</summary>
internal static class DotnetChecks
{
    private static readonly Version Needed = new(10, 0, 100);

    /// <summary>The SDK: building needs it, and <c>#r "nuget: …"</c> in cells.</summary>
    /// <param name="listing">What <c>dotnet --list-sdks</c> prints, a version and its folder in each line; null where
    /// it cannot be run.</param>
    public static Finding Sdk(string? listing)
    {
        var versions = (listing ?? "")
            .Split('\n')
            .Select(line => line.Split(' ', '-')[0])
            .Select(text => Version.TryParse(text, out var v) ? v : null);
        return versions.Max() is { } newest && newest >= Needed
            ? Finding.Ok(".NET SDK", newest.ToString())
            : Finding.Warning(
                ".NET SDK",
                versions.Max() is { } older ? $"{older} is older than {Needed}" : "not found",
                $"install the .NET SDK {Needed.ToString(2)}: building and #r \"nuget: …\" in cells need it"
            );
    }

    /// <summary>The runtime that runs this.</summary>
    public static Finding Runtime(Version version, string architecture) =>
        Finding.Ok(".NET runtime", string.Create(CultureInfo.InvariantCulture, $"{version}, {architecture}"));
}
