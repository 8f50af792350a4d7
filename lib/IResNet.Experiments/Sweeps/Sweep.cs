using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Runs;

namespace IResNet.Experiments.Sweeps;

/// <summary>
/// Many runs of one experiment: all combinations of some values, with some seeds. As JSON:
/// <code>
/// {
///   "name": "table2-mnist", "experiment": "classifier-mnist", "preset": "standard",
///   "set": { "training.batch": 64 },
///   "vary": { "model.coefficient": [0.9, 0.8, 0.7, 0.6, 0.5] },
///   "seeds": [1, 2, 3]
/// }
/// </code>
/// </summary>
/// <param name="Name">Names the sweep's folder and its job.</param>
/// <param name="Runs">Its runs, in the order of the file, seeds fastest.</param>
public sealed record Sweep(string Name, IReadOnlyList<SweepRun> Runs)
{
    private const int MaxRuns = 10_000,
        MaxCharacters = 1 << 20;
    private static readonly string[] Keys = ["name", "experiment", "preset", "set", "vary", "seeds"];

    /// <summary>Reads a sweep file.</summary>
    /// <exception cref="ConfigurationException">It is not JSON, has an unknown key, or a run of it is
    /// impossible.</exception>
    public static Sweep Load(string path)
    {
        if (!File.Exists(path))
            throw new ConfigurationException($"There is no sweep file '{path}'.");
        return Parse(TextFile.Read(path));
    }

    /// <summary>Reads the text of a sweep file.</summary>
    /// <inheritdoc cref="Load" path="/exception"/>
    public static Sweep Parse(string text)
    {
        var file = Object(text);
        foreach (var (key, _) in file)
            if (!Keys.Contains(key))
                throw new ConfigurationException($"Unknown key '{key}' in the sweep. {Names.Advice(key, Keys)}");

        string name = Text(file, "name");
        if (
            name.Length is 0 or > 100
            || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
            || name[0] == '.'
        )
            throw new ConfigurationException(
                $"The sweep's name '{name}' must be a folder's: letters, digits, - and _."
            );
        var start = ExperimentCatalogue
            .Get(Text(file, "experiment"), Text(file, "preset"))
            .With(Section(file, "set").Select(pair => Assignment(pair.Key, pair.Value)));
        var vary = Section(file, "vary")
            .Select(pair => (pair.Key, Values: List(pair.Value, $"vary.{pair.Key}")))
            .ToList();
        var seeds = file.ContainsKey("seeds") ? List(file["seeds"], "seeds") : [JsonValue.Create(start.Options.Seed)];
        if (vary.Any(key => key.Key == "training.seed"))
            throw new ConfigurationException("Give seeds under \"seeds\", not under \"vary\".");

        var combinations = vary.Aggregate(new List<string[]> { Array.Empty<string>() }, (done, key) =>
            [
                .. done.SelectMany(before =>
                    key.Values.Select(value => (string[])[.. before, Assignment(key.Key, value)])
                ),
            ]
        );
        if ((long)combinations.Count * seeds.Count > MaxRuns)
            throw new ConfigurationException(
                $"The sweep has {(long)combinations.Count * seeds.Count:N0} runs; {MaxRuns:N0} at most."
            );
        var runs = new List<SweepRun>();
        foreach (string[] combination in combinations)
            foreach (var seed in seeds)
            {
                string[] assignments = [.. combination, Assignment("training.seed", seed)];
                runs.Add(new(Folder(runs.Count + 1, assignments), start.With(assignments)));
            }
        return new(name, runs);
    }

    /// <summary>
    /// Makes the folders of all runs, each with its config.json; those that are there stay if they are the same runs.
    /// </summary>
    /// <param name="root">The sweep's folder.</param>
    /// <exception cref="ConfigurationException">A folder there has another run: the sweep file was changed.</exception>
    /// <exception cref="RunFolderException">A folder cannot be made.</exception>
    public IReadOnlyList<RunFolder> Prepare(string root)
    {
        var folders = Runs.Select(run => new RunFolder(Path.Combine(root, run.Folder))).ToList();
        foreach (var (folder, run) in folders.Zip(Runs))
            if (folder.Exists)
                TrainingRun.RefuseOther(folder.ConfigFile, folder.Experiment, run.Experiment);
            else
                TrainingRun.Guarded(folder, () =>
                {
                    folder.Prepare(run.Experiment);
                    return true;
                });
        return folders;
    }

    /// <summary>0003-coefficient-0.7-seed-2: short keys, and nothing that a shell or a file system minds.</summary>
    private static string Folder(int number, string[] assignments)
    {
        var parts = assignments
            .Select(assignment => assignment.Split('=', 2))
            .Select(pair => $"{pair[0].Split('.')[^1]}-{pair[1].Trim('"')}");
        string name = string.Concat(
            string.Join('-', parts).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '_')
        );
        return string.Create(CultureInfo.InvariantCulture, $"{number:D4}-{(name.Length > 100 ? name[..100] : name)}");
    }

    private static JsonObject Object(string text)
    {
        if (text.Length > MaxCharacters)
            throw new ConfigurationException($"The sweep file has {text.Length:N0} characters; no sweep is that long.");
        try
        {
            return JsonNode
                .Parse(text, documentOptions: new() { AllowDuplicateProperties = false, MaxDepth = 8 })
                ?.AsObject()
                ?? throw new JsonException("null");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new ConfigurationException($"The sweep is not a JSON object: {fault.Message}", fault);
        }
    }

    private static string Text(JsonObject file, string key) =>
        file[key] is JsonValue value && value.TryGetValue(out string? text)
            ? text
            : throw new ConfigurationException($"The sweep has no \"{key}\", or it is no text.");

    private static JsonObject Section(JsonObject file, string key) =>
        file[key] switch
        {
            null => [],
            JsonObject section => section,
            _ => throw new ConfigurationException($"\"{key}\" of the sweep is no object of keys and values."),
        };

    private static JsonArray List(JsonNode? node, string key) =>
        node is JsonArray { Count: > 0 } list
            ? list
            : throw new ConfigurationException($"\"{key}\" of the sweep is no list of values.");

    private static string Assignment(string key, JsonNode? value) => $"{key}={value?.ToJsonString() ?? "null"}";
}

/// <summary>One run of a sweep.</summary>
/// <param name="Folder">The name of its folder in the sweep's.</param>
/// <param name="Experiment">What it is.</param>
public sealed record SweepRun(string Folder, Experiment Experiment);
