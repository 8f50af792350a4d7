using System.CommandLine;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Sweeps;
using IResNet.Tests.Programs.Experiments;
using IResNet.Workbook.Commands;

namespace IResNet.Tests.Programs.Workbook.Commands;

/// <summary>All options of all commands with values that nobody can mean: a line with option and value.</summary>
public class CommandLineTests
{
    private static readonly RootCommand Root = IResNetCommand.Create();

    /// <summary>Each option of each command, by command and name.</summary>
    public static TheoryData<string, string> Options =>
        [
            .. Commands("", Root)
                .SelectMany(command => command.Command.Options.Select(option => (command.Path, option)))
                .Where(pair => !pair.option.Hidden && pair.option.Name is not ("--help" or "--version"))
                .Select(pair => new TheoryDataRow<string, string>(pair.Path, pair.option.Name)),
        ];

    [Fact]
    public void TheWalkFindsTheOptions() =>
        Assert.Superset(
            new HashSet<(string, string)> { ("train", "--seed"), ("run", "--jobs"), ("kernel install", "--name") },
            Options.Select(row => (row.Data.Item1, row.Data.Item2)).ToHashSet()
        );

    [Theory, MemberData(nameof(Options))]
    public void AnEmptyValueIsRefusedByName(string path, string name)
    {
        foreach (string empty in new[] { "", " " })
        {
            var option = Find(path, name);
            string error = Error(path, name, empty);
            if (option is Option<bool>)
                continue; // a flag takes no value: the empty word is another argument
            Assert.Contains(name, error);
        }
    }

    [Theory, MemberData(nameof(Options))]
    public void ANumberIsReadAsItIsWrittenOrRefused(string path, string name)
    {
        var type = Find(path, name).ValueType;
        type = Nullable.GetUnderlyingType(type) ?? type;
        bool isNumber = type == typeof(int) || type == typeof(ulong) || type == typeof(double);
        if (!isNumber)
            return;
        foreach (string wrong in new[] { "0,7", "1,000", "1.000,5", "x", "NaN", "0x10", "１" })
        {
            string error = Error(path, name, wrong);
            Assert.Contains(name, error);
            Assert.Contains($"\"{wrong}\"", error);
        }
    }

    [Theory]
    [InlineData("--seed \"-1\": a whole number from 0 is needed.", "train", "density-toy", "--seed", "-1")]
    [InlineData("--temperature \"-1\": 0 or more is needed.", "sample", "r", "--temperature", "-1")]
    [InlineData("--at-once \"0\": 1 or more are needed.", "sweep", "s", "--at-once", "0")]
    [InlineData("--estimator \"best\": choose neumann or paper.", "bench", "--estimator", "best")]
    [InlineData("--preset \"fast\": choose quick, standard, paper.", "run", "--preset", "fast")]
    [InlineData("--timeout: \"1,5h\" is not a time", "run", "--timeout", "1,5h")]
    [InlineData("Unrecognized command or argument 'tran'. Did you mean train?", "tran")]
    [InlineData("Unrecognized command or argument '--sed'. Did you mean --se", "train", "--sed", "1")]
    public void TheFirstLineMatters(string line, params string[] arguments)
    {
        using var error = new StringWriter();
        var parsed = Root.Parse(arguments);
        parsed.InvocationConfiguration.Error = error;
        Assert.Equal(1, IResNetCommand.Refuse(parsed));
        Assert.StartsWith(line, error.ToString());
        Assert.Contains("--help says what there is.", error.ToString());
    }

    [Theory]
    [InlineData("0.7", 0.7)]
    [InlineData("1e-3", 1e-3)]
    public void APointIsTheDecimalSign(string text, double value)
    {
        var parsed = Root.Parse(["sample", "r", "--temperature", text]);
        Assert.Empty(parsed.Errors);
        Assert.Equal(value, parsed.GetValue<double>("--temperature"));
    }

    /// <summary>In configurations and sweep files too.</summary>
    [Theory]
    [InlineData("training.learningRate=0,01")]
    [InlineData("training.steps=1,000")]
    [InlineData("model.spectralNorm.coefficient=\"0,9\"")]
    public void AssignmentsTakeNoDecimalComma(string assignment)
    {
        var start = ExperimentCatalogue.Get("density-toy", "quick");
        var fault = Assert.Throws<ConfigurationException>(() => start.With([assignment]));
        Assert.Contains(assignment.Split('=')[0], fault.Message);
        string value = assignment.Split('=')[1].Trim('"');
        Assert.Contains(value, fault.Message);
        Assert.Throws<ConfigurationException>(() =>
            Sweep.Parse(
                $$"""
                { "name": "a", "experiment": "density-toy", "preset": "quick",
                  "set": { "{{assignment.Split('=')[0]}}": "{{value}}" } }
                """
            )
        );
    }

    private static IEnumerable<(string Path, Command Command)> Commands(string path, Command command) =>
        command
            .Subcommands.SelectMany(below => Commands($"{path} {below.Name}".Trim(), below))
            .Prepend((path, command));

    private static Option Find(string path, string name) =>
        Commands("", Root).Single(command => command.Path == path).Command.Options.Single(o => o.Name == name);

    /// <summary>The errors about an option, without those about arguments that are missing beside it.</summary>
    private static string Error(string path, string name, string value)
    {
        var errors = Root.Parse([.. path.Split(' '), name, value])
            .Errors.Select(error => error.Message)
            .Where(message => !message.StartsWith("Required argument", StringComparison.Ordinal))
            .ToList();
        Assert.All(errors, message =>
        {
            Assert.DoesNotContain("System.", message);
            Assert.DoesNotContain("IResNet.", message);
            Assert.DoesNotContain('\n', message);
        });
        return string.Join('\n', errors);
    }
}
