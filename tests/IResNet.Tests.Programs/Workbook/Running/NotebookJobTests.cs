using IResNet.Workbook.Notebooks;
using IResNet.Workbook.Running;
using Xunit;
using static IResNet.Tests.Programs.Workbook.Running.NotebookFolder;

namespace IResNet.Tests.Programs.Workbook.Running;

public sealed class NotebookJobTests : IDisposable
{
    private readonly NotebookFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private IReadOnlyList<NotebookJob> Plan(
        string[] paths,
        string? preset = null,
        params (string Name, string Value)[] parameters
    ) =>
        NotebookJob.Plan(
            paths,
            _folder.Out,
            preset,
            parameters.ToDictionary(p => p.Name, p => p.Value),
            cellTimeout: null
        );

    [Fact]
    public void A_folder_stands_for_its_notebooks_in_order()
    {
        _folder.Notebook("10-b.ipynb");
        _folder.Notebook("02-a.ipynb");

        var jobs = Plan([_folder.Path, _folder.File("02-a.ipynb")]);

        Assert.Equal(["02-a", "10-b"], jobs.Select(job => job.Name));
        Assert.Equal(_folder.File("out", "02-a.ipynb"), jobs[0].Output);
    }

    [Fact]
    public void Parameters_go_to_the_notebooks_that_declare_them_and_the_preset_too()
    {
        _folder.Notebook("a.ipynb", Code("p", "var preset = \"quick\"; int steps = 1;", "parameters"));
        _folder.Notebook("b.ipynb", Code("p", "int seed = 1;", "parameters"));

        var jobs = Plan([_folder.Path], "paper", ("seed", "3"));

        Assert.Equal(new Dictionary<string, string> { ["preset"] = "paper" }, jobs[0].Parameters);
        Assert.Equal(new Dictionary<string, string> { ["seed"] = "3" }, jobs[1].Parameters);
        Assert.Equal("standard", Plan([_folder.Path], "paper", ("preset", "standard"))[0].Parameters["preset"]);
    }

    [Fact]
    public void What_cannot_be_run_is_said_before_anything_runs()
    {
        string a = _folder.Notebook("a.ipynb", Code("p", "int steps = 1;", "parameters"));
        Directory.CreateDirectory(_folder.File("other"));
        string same = _folder.Notebook("other/a.ipynb");
        File.WriteAllText(_folder.File("bad.ipynb"), "{");

        Assert.Contains("nowhere", Assert.Throws<UsageException>(() => Plan(["nowhere"])).Message);
        Assert.Contains("a.ipynb", Assert.Throws<UsageException>(() => Plan([a, same])).Message);
        Assert.Contains("steps", Assert.Throws<UsageException>(() => Plan([a], null, ("step", "1"))).Message);
        Assert.Contains("int", Assert.Throws<UsageException>(() => Plan([a], null, ("steps", "x"))).Message);
        Assert.Contains(
            "bad.ipynb",
            Assert.Throws<NotebookFormatException>(() => Plan([_folder.File("bad.ipynb")])).Message
        );
        Assert.False(Directory.Exists(_folder.Out));
    }
}
