using IResNet.Experiments.Configuration;
using IResNet.Workbook.Notebooks;
using IResNet.Workbook.Projects;

namespace IResNet.Tests.Programs.Workbook;

public class NewProjectTests
{
    [Fact]
    public void AProjectIsANotebookARunAndAFolderForImages()
    {
        var parent = Directory.CreateTempSubdirectory("iresnet-test-");
        try
        {
            string folder = Path.Combine(parent.FullName, "mine");
            NewProject.Write(folder);
            Assert.True(Directory.Exists(Path.Combine(folder, "images")));
            string notebook = File.ReadAllText(Path.Combine(folder, "mine.ipynb")),
                readme = File.ReadAllText(Path.Combine(folder, "README.md")),
                config = File.ReadAllText(Path.Combine(folder, "runs", "first", "config.json"));
            Assert.Contains("# mine", notebook);
            Assert.Matches("""#r \\"nuget: IResNet.Notebooks, \d+\.\d+\.\d+\\" """.TrimEnd(), notebook);
            Assert.All([notebook, readme], text => Assert.DoesNotContain("{{", text));
            Assert.Contains("\"name\": \"folder:images\"", config);
            Assert.Throws<IOException>(() => NewProject.Write(folder));
        }
        finally
        {
            parent.Delete(recursive: true);
        }
    }
}
