using System.CommandLine;
using IResNet.Experiments.Configuration;

namespace IResNet.Workbook.Commands;

/// <summary>
/// How commands name an experiment: <c>density-mnist --preset quick --set training.steps=500 --seed 2</c>.
/// </summary>
internal sealed class ExperimentArguments
{
    private readonly Option<string?> _preset = new("--preset")
    {
        Description =
            "Its size: quick, standard, paper, or official where there is a published script. Default: quick.",
        HelpName = "P",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Changes a value of the configuration; repeat it for more. Lists are written 4,4.",
        HelpName = "key=value",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<ulong?> _seed = new("--seed")
    {
        Description = "The seed of everything random; the same as --set training.seed=S.",
        HelpName = "S",
    };

    /// <summary>Adds the options, and <paramref name="name"/> as argument or option.</summary>
    public ExperimentArguments(Command command, Symbol name)
    {
        Name = name;
        if (name is Argument argument)
            command.Add(argument);
        else
            command.Add((Option)name);
        command.Add(_preset);
        command.Add(_set);
        command.Add(_seed);
    }

    private Symbol Name { get; }

    /// <summary>The experiment's name as an argument.</summary>
    public static Argument<string?> Argument =>
        new("experiment")
        {
            Description = $"The experiment: {string.Join(", ", ExperimentCatalogue.Names)}.",
            Arity = ArgumentArity.ZeroOrOne,
        };

    /// <summary>The experiment's name as an option.</summary>
    public static Option<string?> Option =>
        new("--experiment")
        {
            Description =
                "The experiment whose architecture a weights file has, where the file does not say: "
                + $"{string.Join(", ", ExperimentCatalogue.Names)}.",
            HelpName = "experiment",
        };

    /// <summary>The experiment's name, if one is given.</summary>
    public string? NameIn(ParseResult parsed) =>
        Name switch
        {
            Argument<string?> argument => parsed.GetValue(argument),
            Option<string?> option => parsed.GetValue(option),
            _ => null,
        };

    /// <summary>The preset, if one is given.</summary>
    public string? PresetIn(ParseResult parsed) => parsed.GetValue(_preset);

    /// <summary>The experiment that is asked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="present">What a run folder or weights file already says; null for nothing.</param>
    /// <exception cref="ConfigurationException">It is unknown, or another than the present one.</exception>
    public Experiment Choose(ParseResult parsed, Experiment? present)
    {
        var (name, preset) = (NameIn(parsed), PresetIn(parsed));
        if (present is null && name is null)
            throw new ConfigurationException(
                $"Which experiment? Choose one of: {string.Join(", ", ExperimentCatalogue.Names)}."
            );
        if (
            present is not null
            && ((name ?? present.Name) != present.Name || (preset ?? present.Preset) != present.Preset)
        )
            throw new ConfigurationException(
                $"There is {present.Name}, preset {present.Preset}, already; it cannot go on as "
                    + $"{name ?? present.Name}, preset {preset ?? present.Preset}."
            );
        var experiment = present ?? ExperimentCatalogue.Get(name!, preset ?? "quick");
        string[] assignments =
        [
            .. parsed.GetValue(_set) ?? [],
            .. parsed.GetValue(_seed) is { } seed ? [$"training.seed={seed}"] : Array.Empty<string>(),
        ];
        return assignments.Length == 0 ? experiment : experiment.With(assignments);
    }
}
