using System.Text.RegularExpressions;

namespace IResNet.Tests.Architecture;

/// <summary>What holds of every source of the repository beyond what compiler and formatter check.</summary>
public partial class SourceTests
{
    private const int LongestLine = 120;

    /// <summary>One namespace, whatever the folders below: one <c>using</c> is all that a cell needs.</summary>
    private static readonly string[] Flat =
    [
        "lib/IResNet",
        "lib/IResNet.Cpu",
        "lib/IResNet.Notebooks",
        "tests/IResNet.Tests.Programs/Notebooks",
    ];

    /// <summary>What stands in the namespace of others for a reason that it gives.</summary>
    private static readonly Dictionary<string, string> Guests = new()
    {
        ["lib/IResNet.Cpu/NativeRuntime.cs"] = "IResNet",
        ["tests/IResNet.Tests/Support"] = "IResNet.Tests",
    };

    [Theory]
    [InlineData("*.cs", 500)]
    [InlineData("*.sh", 10)]
    [InlineData("*.py", 15)]
    [InlineData("*.mjs", 1)]
    // Ours, by their names: beside them stands what others made.
    [InlineData("page.*s", 3)]
    public void NoLineIsTooLong(string pattern, int least)
    {
        string[] files = [.. Files(pattern)];
        Assert.InRange(files.Length, least, int.MaxValue);
        var tooLong =
            from file in files
            from line in File.ReadLines(Path.Combine(Repository.Root, file)).Select((text, i) => (text, Number: i + 1))
            where line.text.Length > LongestLine
            select $"{file}({line.Number}): {line.text.Length} characters";
        Assert.Empty(tooLong);
    }

    /// <summary>A folder's name is its namespace's.</summary>
    [Fact]
    public void FoldersAreNamespaces()
    {
        int found = 0;
        foreach (string file in Files("*.cs"))
        {
            if (Namespace().Match(File.ReadAllText(Path.Combine(Repository.Root, file))) is not { Success: true } match)
                continue;
            found++;
            string name = match.Groups[1].Value;
            Assert.True(name == Expected(file), $"{file} stands in {name}, not {Expected(file)}.");
        }
        Assert.InRange(found, 500, int.MaxValue);
    }

    private static string Expected(string file)
    {
        string folder = Path.GetDirectoryName(file)!.Replace('\\', '/');
        if (Guests.TryGetValue(file, out string? guest) || Guests.TryGetValue(folder, out guest))
            return guest;
        string top = Flat.FirstOrDefault(flat => file.StartsWith(flat + "/", StringComparison.Ordinal), folder);
        return string.Join('.', top.Split('/')[1..]);
    }

    /// <summary>The sources, by their path from the root with slashes.</summary>
    private static IEnumerable<string> Files(string pattern) =>
        new[] { "lib", "tests", "data-scripts", "build", "docs" }
            .SelectMany(folder =>
                Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), pattern, SearchOption.AllDirectories)
            )
            .Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'))
            .Where(file => !Generated().IsMatch(file));

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex("/(?:bin|obj|node_modules)/|^docs/(?:api|notebooks)/")]
    private static partial Regex Generated();
}
