using IResNet.Workbook.Notebooks;
using IResNet.Workbook.Running;
using Xunit;
using static IResNet.Tests.Workbook.Running.TemporaryFolder;

namespace IResNet.Tests.Workbook.Running;

public class NotebookParametersTests
{
    private const string Declaration = """
        // What may be set.
        var preset = "quick"; int steps = 100, batch = 8;
        double rate = 1e-3; float c = 0.9f; bool verbose = false; long seed = 1; char mark = 'x'; decimal price = 1m;
        var minus = -2; string? name = null; int? limit = null;
        int[] seeds = [1, 2]; string[] names = []; TimeSpan wait = TimeSpan.Zero; var list = new List<int>();
        int Method() { int local = 1; return local; }
        """;

    private static Notebook Declaring(string source = Declaration) =>
        new() { Cells = { Text("title", "# T"), Code("p", source, "parameters"), Code("last", "steps") } };

    [Theory]
    [InlineData("preset", "standard", "\"standard\"")]
    [InlineData("preset", "a\"b\\c\nd", "\"a\\\"b\\\\c\\nd\"")]
    [InlineData("steps", "-7", "-7")]
    [InlineData("batch", "16", "16")]
    [InlineData("rate", "5e-4", "0.0005d")]
    [InlineData("rate", "1", "1d")]
    [InlineData("c", "0.5", "0.5f")]
    [InlineData("verbose", "True", "true")]
    [InlineData("seed", "12345678901", "12345678901L")]
    [InlineData("mark", "'", "'\\''")]
    [InlineData("price", "1.5", "1.5M")]
    [InlineData("minus", "3", "3")]
    [InlineData("name", "null", "null")]
    [InlineData("name", "x", "\"x\"")]
    [InlineData("limit", "5", "5")]
    [InlineData("seeds", "1, 2,3", "[1, 2, 3]")]
    [InlineData("seeds", "", "[]")]
    [InlineData("seeds", "[4, 5]", "[4, 5]")]
    [InlineData("names", "a,b", "[\"a\", \"b\"]")]
    [InlineData("wait", "TimeSpan.FromSeconds(2)", "TimeSpan.FromSeconds(2)")]
    public void A_value_becomes_a_literal_of_the_declared_type(string name, string value, string literal)
    {
        var notebook = Declaring();

        new NotebookParameters(notebook).Inject(new Dictionary<string, string> { [name] = value });

        Assert.Equal(["title", "p", "injected-parameters", "last"], notebook.Cells.Select(cell => cell.Id));
        Assert.True(notebook.Cells[2].HasTag("injected-parameters"));
        Assert.Equal($"// Parameters of this run\n{name} = {literal};", notebook.Cells[2].Source);
    }

    [Theory]
    [InlineData("steps", "many", "int")]
    [InlineData("steps", "1.5", "int")]
    [InlineData("steps", "99999999999", "int")]
    [InlineData("rate", "1,5", "double")]
    [InlineData("rate", "1,000", "double")]
    [InlineData("c", "0,5", "float")]
    [InlineData("price", "1,5", "decimal")]
    [InlineData("steps", "1,000", "int")]
    [InlineData("seed", "1,000", "long")]
    [InlineData("rate", "NaN", "double")]
    [InlineData("verbose", "yes", "bool")]
    [InlineData("seeds", "1,b", "int[]")]
    [InlineData("wait", "a b;", "TimeSpan")]
    [InlineData("wait", "1); File.Delete(\"x\"", "TimeSpan")]
    public void A_value_of_another_type_is_refused(string name, string value, string type)
    {
        var parameters = new NotebookParameters(Declaring());

        var error = Assert.Throws<UsageException>(() =>
            parameters.Inject(new Dictionary<string, string> { [name] = value })
        );

        Assert.Contains(name, error.Message);
        Assert.Contains(type, error.Message);
    }

    [Fact]
    public void An_unknown_name_is_refused_with_the_nearest_known_one()
    {
        var parameters = new NotebookParameters(Declaring());

        var error = Assert.Throws<UsageException>(() =>
            parameters.Inject(new Dictionary<string, string> { ["Step"] = "1" })
        );

        Assert.Contains("Did you mean 'steps'?", error.Message);
        Assert.DoesNotContain("local", parameters.Names);
    }

    [Fact]
    public void Without_a_parameters_cell_no_name_is_known()
    {
        var parameters = new NotebookParameters(new Notebook { Cells = { Code("a", "int steps = 1;") } });

        Assert.Contains(
            "tagged",
            Assert
                .Throws<UsageException>(() => parameters.Inject(new Dictionary<string, string> { ["steps"] = "1" }))
                .Message
        );
    }

    [Fact]
    public void Injecting_again_replaces_the_injected_cell()
    {
        var notebook = Declaring();
        new NotebookParameters(notebook).Inject(new Dictionary<string, string> { ["steps"] = "1" });

        new NotebookParameters(notebook).Inject(new Dictionary<string, string> { ["steps"] = "2" });

        Assert.Equal(
            "// Parameters of this run\nsteps = 2;",
            Assert.Single(notebook.Cells, cell => cell.HasTag("injected-parameters")).Source
        );
    }

    [Fact]
    public void Nothing_to_set_leaves_the_notebook_as_it_is()
    {
        var notebook = Declaring();

        new NotebookParameters(notebook).Inject(new Dictionary<string, string>());

        Assert.Equal(Declaring().ToJson(), notebook.ToJson());
    }
}
