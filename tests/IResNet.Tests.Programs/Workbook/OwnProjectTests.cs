using System.Diagnostics;
using System.Text.Json;

namespace IResNet.Tests.Programs.Workbook;

/// <summary>The project file in environment.md, outside the repository.</summary>
public class OwnProjectTests
{
    /// <summary>Every package has a version, with and without central versions of one's own.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AProjectElsewhereGetsTheVersions(bool central)
    {
        using var folder = new TemporaryFolder();
        string text = await File.ReadAllTextAsync(
            Path.Combine(Repository.Root, "environment.md"),
            TestContext.Current.CancellationToken
        );
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        int begin = Array.FindIndex(lines, line => line == "    <Project Sdk=\"Microsoft.NET.Sdk\">"),
            end = Array.FindIndex(lines, begin, line => line == "    </Project>");
        File.WriteAllLines(
            folder["own.csproj"],
            lines[begin..(end + 1)].Select(line => line.Replace("CLONE", Repository.Root.TrimEnd('/')))
        );
        if (central)
            File.WriteAllText(
                folder["Directory.Packages.props"],
                """
                <Project>
                  <PropertyGroup><ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally></PropertyGroup>
                </Project>
                """
            );
        var start = new ProcessStartInfo("dotnet", ["msbuild", "own.csproj", "-getItem:PackageReference"])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, output);
        var packages = JsonDocument.Parse(output).RootElement.GetProperty("Items").GetProperty("PackageReference");
        Assert.Equal(2, packages.GetArrayLength());
        Assert.All(packages.EnumerateArray(), package =>
            Assert.Matches(@"^\d+\.\d+\.\d+$", package.GetProperty(central ? "VersionOverride" : "Version").GetString())
        );
    }
}
