using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace IResNet.Tests.Architecture;

/// <summary>Who may know whom among the projects, and what the mathematics may not contain.</summary>
public partial class ArrowTests
{
    private static readonly string Lib = Path.Combine(Repository.Root, "lib");

    /// <summary>A project, and those that it may reference.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["IResNet"] = [],
        ["IResNet.Cpu"] = ["IResNet"],
        ["IResNet.Experiments"] = ["IResNet", "IResNet.Cpu"],
        ["IResNet.Notebooks"] = ["IResNet.Experiments"],
        ["IResNet.Notebooks.Interactive"] = ["IResNet.Notebooks"],
        ["NotebookEngine"] = [],
        ["IResNet.Workbook"] = ["IResNet.Notebooks", "IResNet.Notebooks.Interactive", "NotebookEngine"],
    };

    /// <summary>Files that speak in the namespace of another project, each with a reason in it.</summary>
    private static readonly string[] Guests = ["IResNet.Cpu/NativeRuntime.cs"];

    public static TheoryData<string> Projects => [.. Allowed.Keys];

    /// <summary>A new project must say here whom it may know.</summary>
    [Fact]
    public void AllProjectsAreKnown() =>
        Assert.Equal(
            Allowed.Keys.Order(),
            Directory
                .EnumerateFiles(Lib, "*.csproj", SearchOption.AllDirectories)
                .Select(file => Path.GetFileNameWithoutExtension(file))
                .Order()
        );

    [Theory, MemberData(nameof(Projects))]
    public void ReferencesPointOneWay(string project)
    {
        var references = Items(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path));
        Assert.Empty(references.Except(Allowed[project]));
    }

    /// <summary>Files stand in their project's namespace, and use no other that they may not know.</summary>
    [Theory, MemberData(nameof(Projects))]
    public void NamespacesPointOneWay(string project)
    {
        var known = Reachable(project);
        // Files that are compiled in from elsewhere are the project's own.
        var linked = Items(project, "Compile")
            .Select(path => Namespace().Match(File.ReadAllText(Path.Combine(Lib, project, path))).Groups[1].Value)
            .ToHashSet();
        foreach (string file in Sources(project))
        {
            string text = File.ReadAllText(file),
                name = Path.GetRelativePath(Lib, file);
            string? own = Namespace().Match(text) is { Success: true } match ? match.Groups[1].Value : null;
            if (own is not null && !Guests.Contains(name.Replace('\\', '/')))
                Assert.True(ProjectOf(own) == project, $"{name} stands in the namespace {own}.");
            foreach (var use in Using().Matches(text).Where(use => !linked.Contains(use.Groups[1].Value)))
                if (ProjectOf(use.Groups[1].Value) is { } other)
                    Assert.True(
                        known.Contains(other),
                        $"{name} uses {use.Groups[1].Value}, which {project} may not know."
                    );
        }
    }

    /// <summary>Backends come from outside: none of them sees the inside of the mathematics.</summary>
    [Fact]
    public void NoBackendIsAFriend() => Assert.DoesNotContain("IResNet.Cpu", Items("IResNet", "InternalsVisibleTo"));

    /// <summary>Torch's operations only: no pointer, no intrinsic, no thread, console or setting of a
    /// process.</summary>
    [Fact]
    public void TheMathematicsIsTorchAlone()
    {
        foreach (string file in Sources("IResNet"))
        {
            var found = Forbidden().Matches(File.ReadAllText(file)).Select(match => match.Value).ToList();
            Assert.True(found.Count == 0, $"{Path.GetRelativePath(Lib, file)} contains {string.Join(", ", found)}.");
        }
    }

    /// <summary>Nothing that one part of a program could change under another.</summary>
    [Fact]
    public void TheMathematicsHasNoStaticMutableState()
    {
        var fields = typeof(Bijection)
            .Assembly.GetTypes()
            .Where(type => !type.Name.Contains('<'))
            .SelectMany(type =>
                type.GetFields(
                    System.Reflection.BindingFlags.Static
                        | System.Reflection.BindingFlags.Public
                        | System.Reflection.BindingFlags.NonPublic
                        | System.Reflection.BindingFlags.DeclaredOnly
                )
            )
            .Where(field => !field.IsLiteral && !field.IsInitOnly);
        Assert.Empty(fields.Select(field => $"{field.DeclaringType}.{field.Name}"));
    }

    private static HashSet<string> Reachable(string project) => [project, .. Allowed[project].SelectMany(Reachable)];

    /// <summary>The project to which a namespace belongs; null for those of others.</summary>
    private static string? ProjectOf(string name) =>
        Allowed
            .Keys.Where(project => name == project || name.StartsWith(project + ".", StringComparison.Ordinal))
            .MaxBy(project => project.Length);

    private static IEnumerable<string> Items(string project, string kind) =>
        XDocument
            .Load(Directory.EnumerateFiles(Path.Combine(Lib, project), "*.csproj").Single())
            .Descendants(kind)
            .Select(item => item.Attribute("Include")!.Value.Replace('\\', '/'));

    private static IEnumerable<string> Sources(string project) =>
        Directory
            .EnumerateFiles(Path.Combine(Lib, project), "*.cs", SearchOption.AllDirectories)
            .Where(file => !GeneratedFolder().IsMatch(Path.GetRelativePath(Lib, file)));

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^(?:global )?using (?:static |\w+ = )?([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(
        @"\bunsafe\b|Avx|Vector(?:128|256|512)|Intrinsics|GC\.Collect|set_num_threads|(?:Dll|Library)Import"
            + @"|ThreadStatic|\bConsole\.|new Thread\(|Parallel\.|Environment\.Set"
    )]
    private static partial Regex Forbidden();

    [GeneratedRegex(@"[\\/](?:bin|obj)[\\/]")]
    private static partial Regex GeneratedFolder();
}
