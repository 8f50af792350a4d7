using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using NotebookEngine.Source;

namespace NotebookEngine.References;

/// <summary>The files that restored packages brought.</summary>
/// <param name="Packages">Id to version, of all packages in the closure.</param>
/// <param name="Compile">Assemblies to compile against.</param>
/// <param name="Runtime">Assemblies to load.</param>
/// <param name="NativeFolders">Folders of native libraries.</param>
internal sealed record RestoredPackages(
    IReadOnlyDictionary<string, string> Packages,
    IReadOnlyList<string> Compile,
    IReadOnlyList<string> Runtime,
    IReadOnlyList<string> NativeFolders
);

/// <summary>
/// Restores packages by a throw-away project and the user's own SDK, which obeys their NuGet.Config and resolves
/// conflicts. A restored project is kept and found again, unless it names a floating version.
/// </summary>
internal static partial class PackageRestore
{
    private static string CacheFolder =>
        Path.Combine(
            Environment.GetFolderPath(
                Environment.SpecialFolder.LocalApplicationData,
                Environment.SpecialFolderOption.Create
            ),
            "notebook-engine",
            "packages"
        );

    /// <param name="packages">Id to version.</param>
    /// <param name="sources">Package sources beside the user's own.</param>
    /// <param name="cancellationToken">Kills the restore.</param>
    /// <exception cref="DirectiveException">The packages could not be restored.</exception>
    public static RestoredPackages Restore(
        IReadOnlyDictionary<string, string> packages,
        IReadOnlyList<string> sources,
        CancellationToken cancellationToken
    )
    {
        string project = Project(packages, sources).ToString();
        string key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(project)))[..16];
        string kept = Path.Combine(CacheFolder, key + ".json");
        if (!File.Exists(kept) || packages.Values.Any(v => v.Contains('*', StringComparison.Ordinal)))
            Run(project, kept, cancellationToken);
        return Read(JsonNode.Parse(File.ReadAllText(kept))!);
    }

    private static XElement Project(IReadOnlyDictionary<string, string> packages, IReadOnlyList<string> sources) =>
        new(
            "Project",
            new XAttribute("Sdk", "Microsoft.NET.Sdk"),
            new XElement(
                "PropertyGroup",
                new XElement("TargetFramework", $"net{Environment.Version.Major}.{Environment.Version.Minor}"),
                new XElement("RuntimeIdentifier", RuntimeInformation.RuntimeIdentifier),
                new XElement("SelfContained", "false"),
                new XElement("NuGetAudit", "false"),
                new XElement("RestoreAdditionalProjectSources", string.Join(';', sources))
            ),
            new XElement(
                "ItemGroup",
                packages
                    .OrderBy(p => p.Key, StringComparer.OrdinalIgnoreCase)
                    .Select(p => new XElement(
                        "PackageReference",
                        new XAttribute("Include", p.Key),
                        new XAttribute("Version", p.Value)
                    ))
            )
        );

    private static void Run(string project, string kept, CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("notebook-restore-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "packages.csproj"), project);
            foreach (
                string? inherited in new[]
                {
                    "Directory.Build.props",
                    "Directory.Build.targets",
                    "Directory.Packages.props",
                }
            )
                File.WriteAllText(Path.Combine(folder, inherited), "<Project />");
            string output = DotnetRestore(folder, cancellationToken, out int exitCode);
            if (exitCode != 0)
                throw new DirectiveException("The packages could not be restored.\n" + Complaints(output));
            Directory.CreateDirectory(CacheFolder);
            File.Move(Path.Combine(folder, "obj", "project.assets.json"), kept, overwrite: true);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string DotnetRestore(string folder, CancellationToken cancellationToken, out int exitCode)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            ["restore", "packages.csproj", "--nologo", "--verbosity", "quiet", "-nodeReuse:false"]
        )
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        using var kill = cancellationToken.Register(() => process.Kill(entireProcessTree: true));
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        cancellationToken.ThrowIfCancellationRequested();
        exitCode = process.ExitCode;
        return output + error.Result;
    }

    /// <summary>What the restore complained of, without the names of the throw-away files.</summary>
    private static string Complaints(string output)
    {
        var errors = ErrorPattern().Matches(output).Select(m => m.Groups["error"].Value.Trim()).Distinct().ToList();
        return errors.Count > 0 ? string.Join('\n', errors) : output.Trim();
    }

    private static RestoredPackages Read(JsonNode assets)
    {
        string[] folders = assets["packageFolders"]!.AsObject().Select(f => f.Key).ToArray();
        var target = assets["targets"]!
            .AsObject()
            .Single(t => t.Key.Contains('/', StringComparison.Ordinal))
            .Value!.AsObject();
        var packages = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        List<string> compile = [],
            runtime = [],
            native = [];
        foreach (var (name, library) in target)
        {
            if ((string?)library!["type"] != "package")
                continue;
            string path = (string)assets["libraries"]![name]!["path"]!;
            string root = folders.Select(f => Path.Combine(f, path)).FirstOrDefault(Directory.Exists)
                ?? throw new DirectiveException(
                    $"The package {name} is gone from the package folder. Delete {CacheFolder} and try again."
                );
            packages[name.Split('/')[0]] = name.Split('/')[1];
            compile.AddRange(Files("compile"));
            runtime.AddRange(Files("runtime"));
            native.AddRange(Files("native").Select(f => Path.GetDirectoryName(f)!));

            IEnumerable<string> Files(string kind) =>
                (library[kind]?.AsObject() ?? [])
                    .Select(f => Path.Combine(root, f.Key))
                    .Where(f => Path.GetFileName(f) != "_._");
        }
        return new RestoredPackages(packages, compile, runtime, native.Distinct().ToList());
    }

    [GeneratedRegex(@"error (?<error>(NU|MSB|NETSDK)\d+:.*?)(\[[^\]]*\])?\s*$", RegexOptions.Multiline)]
    private static partial Regex ErrorPattern();
}
