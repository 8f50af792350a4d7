using IResNet.Experiments.Data;
using IResNet.Experiments.Training;
using IResNet.Notebooks;
using NotebookEngine;
using NotebookEngine.Cells;
using NotebookEngine.Formatting;
using Plotly.NET;

namespace IResNet.Workbook;

/// <summary>The engine as the workbook's cells know it; the kernel and the runner both start here.</summary>
internal sealed class NotebookHost : INotebookHost
{
    private static readonly NotebookHost Instance = new();

    private NotebookHost() { }

    /// <summary>
    /// Makes an engine whose cells see the library, the experiments, the charts and TorchSharp without a directive.
    /// </summary>
    /// <param name="baseDirectory">The notebook's folder.</param>
    public static ScriptEngine CreateEngine(string baseDirectory)
    {
        NativeRuntime.Configure();
        Cell.Host = Instance;
        foreach (var (type, forms) in NotebookFormatters.All.Append(NotebookFormatters.OfPlotly(typeof(GenericChart))))
            ValueFormatter.Register(type, value => Bundle(value, forms));
        return new ScriptEngine(Options(baseDirectory));
    }

    /// <inheritdoc/>
    public CancellationToken CancellationToken => new CellGlobals().CancellationToken;

    /// <inheritdoc/>
    public Action<object> Show(object value) => value.Display().Update;

    /// <inheritdoc/>
    public Task<string?> Ask(string prompt) => Task.FromResult(CellFunctions.input(prompt));

    /// <inheritdoc/>
    public void Clear() => CellFunctions.clear_output();

    private static MimeBundle Bundle(object value, IEnumerable<(string MimeType, Func<object, object> Content)> forms)
    {
        var bundle = new MimeBundle();
        foreach (var (mimeType, content) in forms)
            bundle[mimeType] = content(value);
        return bundle;
    }

    private static EngineOptions Options(string baseDirectory) =>
        new()
        {
            BaseDirectory = baseDirectory,
            CellEnding = LiveFigure.FlushAll,
            // What the README's example uses. Notebooks name their own, as other hosts import nothing.
            Imports =
            [
                .. new[]
                {
                    typeof(Flow),
                    typeof(DataSets),
                    typeof(DensityTraining),
                    typeof(Charts),
                    typeof(TorchSharp.torch),
                }.Select(type => type.Namespace!),
            ],
            Assemblies =
            [
                "IResNet",
                "IResNet.Cpu",
                "IResNet.Experiments",
                "IResNet.Notebooks",
                "IResNet.Workbook",
                "TorchSharp",
                "SkiaSharp",
                "ScottPlot",
                "Plotly.NET",
                "Plotly.NET.CSharp",
                "FSharp.Core",
                "DynamicObj",
                "Giraffe.ViewEngine",
                "Newtonsoft.Json",
            ],
            PackageAliases = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
            {
                ["TorchSharp-cpu"] = "TorchSharp",
                ["TorchSharp-cuda-linux"] = "TorchSharp",
                ["TorchSharp-cuda-windows"] = "TorchSharp",
                ["Plotly.NET.Interactive"] = "Plotly.NET",
            },
        };
}
