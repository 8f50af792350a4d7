using System.Reflection;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using IResNet.Experiments.Runs;

namespace IResNet.Workbook.Projects;

/// <summary>
/// A small project of one's own: a folder for images, a notebook that trains on them, a run that is ready to start, and
/// a README.
/// </summary>
internal static class NewProject
{
    private const string Templates = "templates/";

    /// <summary>Writes it.</summary>
    /// <param name="path">The project's folder; its last part is the project's name.</param>
    /// <returns>The files and folders, relative to the project.</returns>
    /// <exception cref="IOException">The folder is there already and is not empty, or cannot be written.</exception>
    public static IReadOnlyList<string> Write(string path)
    {
        string folder = Path.GetFullPath(path),
            name = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            throw new IOException($"{folder} is there already and is not empty: choose another name.");
        Directory.CreateDirectory(Path.Combine(folder, "images"));
        WriteText("notebook.ipynb", $"{name}.ipynb");
        WriteText("README.md", "README.md");
        new RunFolder(Path.Combine(folder, "runs", "first")).Prepare(Experiment());
        return ["images/", $"{name}.ipynb", "runs/first/config.json", "README.md"];

        void WriteText(string template, string file)
        {
            using var reader = new StreamReader(
                typeof(NewProject).Assembly.GetManifestResourceStream(Templates + template)!
            );
            string text = reader
                .ReadToEnd()
                .Replace("{{name}}", name, StringComparison.Ordinal)
                .Replace("{{version}}", Version, StringComparison.Ordinal);
            AtomicFile.WriteAllText(Path.Combine(folder, file), text);
        }
    }

    private static string Version =>
        typeof(NewProject)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];

    /// <summary>The quick density model, on the project's images, none of which need be there yet.</summary>
    private static Experiment Experiment()
    {
        var quick = (DensityExperiment)ExperimentCatalogue.Get("density-mnist", "quick");
        return quick with
        {
            Note = "Images of one's own, with the model and the settings of density-mnist.",
            Data = quick.Data with { Name = ImageFolder.Prefix + "images", Validation = 0 },
        };
    }
}
