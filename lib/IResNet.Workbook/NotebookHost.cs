using IResNet.Workbook.Charting;
using IResNet.Workbook.Formatting;
using NotebookEngine;

namespace IResNet.Workbook;

/// <summary>The engine as the workbook's cells know it; the kernel and the runner both start here.</summary>
internal static class NotebookHost
{
    /// <summary>
    /// Makes an engine whose cells see the library, the experiments, the charts and TorchSharp without a directive.
    /// </summary>
    /// <param name="baseDirectory">The notebook's folder.</param>
    public static ScriptEngine CreateEngine(string baseDirectory)
    {
        NativeRuntime.Configure();
        WorkbookFormatters.Register();
        return new ScriptEngine(Options(baseDirectory));
    }

    private static EngineOptions Options(string baseDirectory) =>
        new()
        {
            BaseDirectory = baseDirectory,
            CellEnding = LiveFigure.FlushAll,
            // What the README's example uses. Notebooks name their own, as other hosts import nothing.
            Imports =
            [
                "IResNet",
                "IResNet.Experiments.Data",
                "IResNet.Experiments.Training",
                "IResNet.Workbook.Charting",
                "TorchSharp",
            ],
            Assemblies =
            [
                "IResNet",
                "IResNet.Experiments",
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
