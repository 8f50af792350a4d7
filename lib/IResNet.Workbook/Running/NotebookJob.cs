using IResNet.Workbook.Notebooks;

namespace IResNet.Workbook.Running;

/// <summary>One notebook to run.</summary>
/// <param name="Notebook">The notebook, absolute.</param>
/// <param name="OutputFolder">Where the executed copy goes, absolute.</param>
/// <param name="Parameters">Parameters to set: name to value as written on the command line.</param>
/// <param name="CellTimeout">How long a cell may take; null for no limit.</param>
internal sealed record NotebookJob(
    string Notebook,
    string OutputFolder,
    IReadOnlyDictionary<string, string> Parameters,
    TimeSpan? CellTimeout
)
{
    /// <summary>The notebook's folder: what its paths are relative to.</summary>
    public string Folder => Path.GetDirectoryName(Notebook)!;

    /// <summary>The file name without its extension: of the output notebook, its page and its record.</summary>
    public string Name => Path.GetFileNameWithoutExtension(Notebook);

    /// <summary>The executed copy.</summary>
    public string Output => Path.Combine(OutputFolder, Name + ".ipynb");

    /// <summary>Finds the notebooks and gives each the parameters that it declares.</summary>
    /// <param name="paths">Notebooks, or folders of them; none stands for <c>notebooks</c>.</param>
    /// <param name="outputFolder">Where the executed copies go.</param>
    /// <param name="preset">The value of a parameter named <c>preset</c> in notebooks that have one; null to leave the
    /// default.</param>
    /// <param name="parameters">Values to set; each name must be declared by one of the notebooks at least.</param>
    /// <param name="cellTimeout">How long a cell may take.</param>
    /// <exception cref="UsageException">There is no notebook at a path, two have the same name, no notebook declares a
    /// parameter, a value does not fit it, a cell is in a language that does not run here, or an executed copy would
    /// replace its notebook.</exception>
    /// <exception cref="NotebookFormatException">A file is not a notebook.</exception>
    public static IReadOnlyList<NotebookJob> Plan(
        IReadOnlyList<string> paths,
        string outputFolder,
        string? preset,
        IReadOnlyDictionary<string, string> parameters,
        TimeSpan? cellTimeout
    )
    {
        var notebooks = (paths.Count == 0 ? ["notebooks"] : paths)
            .SelectMany(Find)
            .Select(Path.GetFullPath)
            .Distinct()
            .ToList();
        if (
            notebooks
                .GroupBy(path => Path.GetFileNameWithoutExtension(path) + ".ipynb", StringComparer.OrdinalIgnoreCase)
                .FirstOrDefault(group => group.Count() > 1) is
            { } same
        )
            throw new UsageException(
                $"{string.Join(" and ", same)} would both be written to {same.Key}: run them with different --output."
            );

        if (File.Exists(outputFolder) || Path.GetExtension(outputFolder) == ".ipynb")
            throw new UsageException($"--output {outputFolder}: name the folder that the executed notebooks go to.");
        var sources = notebooks.ToLookup(RealPath.Of);
        var outputs = notebooks.Select(path =>
            RealPath.Of(Path.Combine(outputFolder, Path.GetFileNameWithoutExtension(path) + ".ipynb"))
        );
        if (outputs.SelectMany(output => sources[output]).FirstOrDefault() is { } source)
            throw new UsageException(
                $"--output {outputFolder}: the executed copy would replace the notebook {source} itself. Name another "
                    + "folder."
            );

        var declared = notebooks.ToDictionary(path => path, path => new NotebookParameters(Load(path)));
        var all = declared.Values.SelectMany(known => known.Names).Distinct().ToList();
        if (parameters.Keys.FirstOrDefault(name => !all.Contains(name)) is { } unknown)
            throw new UsageException(NotebookParameters.UnknownName(unknown, all));

        var values = new Dictionary<string, string>(parameters);
        if (preset is not null)
            values.TryAdd("preset", preset);
        return
        [
            .. notebooks.Select(path => new NotebookJob(
                path,
                Path.GetFullPath(outputFolder),
                Of(declared[path]),
                cellTimeout
            )),
        ];

        Dictionary<string, string> Of(NotebookParameters known)
        {
            var own = values.Where(value => known.Names.Contains(value.Key)).ToDictionary();
            // A value that does not fit is better refused now than when the notebook's turn comes.
            known.Inject(own);
            return own;
        }
    }

    private static Notebook Load(string path)
    {
        var notebook = Notebooks.Notebook.Load(path);
        NotebookLanguages.Check(notebook, path);
        return notebook;
    }

    private static IEnumerable<string> Find(string path)
    {
        if (File.Exists(path))
            return [path];
        if (!Directory.Exists(path))
            throw new UsageException($"There is no notebook or folder {path} in {Directory.GetCurrentDirectory()}.");
        string[] found = Directory.GetFiles(path, "*.ipynb");
        return found.Length > 0
            ? found.Order(StringComparer.Ordinal)
            : throw new UsageException($"There are no notebooks in the folder {path}.");
    }
}
