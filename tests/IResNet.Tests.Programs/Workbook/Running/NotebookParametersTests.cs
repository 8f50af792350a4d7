using IResNet.Workbook.Notebooks;
using IResNet.Workbook.Running;
using Xunit;
using static IResNet.Tests.Programs.Workbook.Running.NotebookFolder;

namespace IResNet.Tests.Programs.Workbook.Running;

public class NotebookParametersTests
{
    private const string Declaration = """
        // What may be set.
        var preset = "quick"; int steps = 100, batch = 8;
        double rate = 1e-3; float c = 0.9f; bool verbose = false; long seed = 1; char mark = 'x'; decimal price = 1m;
        var minus = -2; string? name = null; int? limit = null;
        int[] seeds = [1, 2]; string[] names = []; TimeSpan wait = TimeSpan.Zero; var list = new List<int>();
        Half half = default; byte small = 1; double[] rates = []; DateOnly day = default;
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
    [InlineData("rate", "NaN", "double.NaN")]
    [InlineData("rate", "nan", "double.NaN")]
    [InlineData("rate", "Infinity", "double.PositiveInfinity")]
    [InlineData("rate", "-inf", "double.NegativeInfinity")]
    [InlineData("c", "-∞", "float.NegativeInfinity")]
    [InlineData("half", "0.5", "(Half)0.5")]
    [InlineData("half", "NaN", "(Half)Half.NaN")]
    [InlineData("small", "255", "255")]
    [InlineData("rates", "0.1,NaN", "[0.1d, double.NaN]")]
    [InlineData(
        "day",
        "2020-01-02",
        "DateOnly.Parse(\"2020-01-02\", System.Globalization.CultureInfo.InvariantCulture)"
    )]
    [InlineData("day", "DateOnly.MinValue", "DateOnly.MinValue")]
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
    [InlineData("rate", "1e999", "double")]
    [InlineData("c", "1e39", "float")]
    [InlineData("small", "300", "byte")]
    [InlineData("day", "01/02/2020", "DateOnly")]
    [InlineData("rate", "1,000", "double")]
    [InlineData("c", "0,5", "float")]
    [InlineData("price", "1,5", "decimal")]
    [InlineData("steps", "1,000", "int")]
    [InlineData("seed", "1,000", "long")]
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

    [Theory]
    [InlineData("const int steps = 10;", "const int steps = 20;")]
    [InlineData("readonly int steps = 10;", "readonly int steps = 20;")]
    public void A_constant_is_declared_again(string declaration, string injected)
    {
        var notebook = Declaring(declaration);

        new NotebookParameters(notebook).Inject(new Dictionary<string, string> { ["steps"] = "20" });

        Assert.Equal($"// Parameters of this run\n{injected}", notebook.Cells[2].Source);
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
