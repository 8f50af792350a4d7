using System.Reflection;
using IResNet.Notebooks;

namespace IResNet.Workbook.Html;

/// <summary>The files that the pages load, written beside them: nothing comes from the network.</summary>
internal static class PageAssets
{
    private const string Prefix = "assets/";

    /// <summary>
    /// The frame of every page, with the places <c>{{title}}</c>, <c>{{scripts}}</c> and <c>{{body}}</c>.
    /// </summary>
    public static string Frame { get; } = ReadFrame();

    /// <summary>Writes <c>assets/</c> into the folder, where it is not there in this version already.</summary>
    public static void WriteTo(string folder)
    {
        var own = typeof(PageAssets).Assembly;
        foreach (
            string name in own.GetManifestResourceNames()
                .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && name != FrameName)
        )
        {
            using var content = own.GetManifestResourceStream(name)!;
            Write(content, own, Path.Combine(folder, name));
        }
        using var plotly = new MemoryStream();
        PlotlyLibrary.CopyTo(plotly);
        plotly.Position = 0;
        Write(plotly, typeof(PlotlyLibrary).Assembly, Path.Combine(folder, Prefix, "plotly.min.js"));
    }

    private const string FrameName = Prefix + "page.html";

    private static void Write(Stream content, Assembly source, string path)
    {
        if (
            File.Exists(path)
            && new FileInfo(path).Length == content.Length
            && File.GetLastWriteTimeUtc(path) >= File.GetLastWriteTimeUtc(source.Location)
        )
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = File.Create(path);
        content.CopyTo(file);
    }

    private static string ReadFrame()
    {
        using var reader = new StreamReader(typeof(PageAssets).Assembly.GetManifestResourceStream(FrameName)!);
        return reader.ReadToEnd();
    }
}
