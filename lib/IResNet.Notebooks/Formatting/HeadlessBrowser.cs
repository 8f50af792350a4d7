using System.Diagnostics;
using System.Text.Json.Nodes;
using ScottPlot;

namespace IResNet.Notebooks;

/// <summary>A Chromium that is installed here: it draws Plotly figures as pictures, without a window or a
/// network.</summary>
internal sealed class HeadlessBrowser
{
    /// <summary>The browser's path, for one that is not found by its name; <c>none</c> for no pictures.</summary>
    public const string Variable = "IRESNET_BROWSER";

    /// <summary>What stands in place of a picture where there is no browser.</summary>
    public const string Missing =
        $"no picture, as no Chromium, Chrome or Edge was found ({Variable} names one); it is "
        + "interactive where scripts run";

    private const int Width = 720,
        Height = 400;

    private const string Picture = "data:image/png;base64,";

    private static readonly string[] Names =
    [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "microsoft-edge",
        "chrome.exe",
        "msedge.exe",
    ];

    // Far more than the second or two that a chart takes, for machines under load.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _path;

    /// <summary>A browser that understands Chromium's options.</summary>
    internal HeadlessBrowser(string path) => _path = path;

    /// <summary>The browser of this machine; null if none is found.</summary>
    public static HeadlessBrowser? Find()
    {
        string? named = Environment.GetEnvironmentVariable(Variable);
        if (named is { Length: > 0 })
            return named == "none" ? null : new(named);
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(
            Path.PathSeparator,
            StringSplitOptions.RemoveEmptyEntries
        );
        string? found = Names
            .SelectMany(name => folders.Select(folder => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
        return found is null ? null : new(found);
    }

    /// <summary>
    /// Draws a figure as PNG. A browser that fails costs the picture, not the cell: the picture says why then.
    /// </summary>
    /// <param name="figure">Data and layout.</param>
    /// <exception cref="OperationCanceledException">The cell was stopped.</exception>
    public byte[] Draw(JsonNode figure)
    {
        var folder = Directory.CreateTempSubdirectory("iresnet-chart-");
        try
        {
            string page = Path.Combine(folder.FullName, "page.html");
            File.WriteAllText(page, Page(figure));
            string drawn = Run(page, folder.FullName);
            int start = drawn.IndexOf(Picture, StringComparison.Ordinal);
            if (start < 0)
                return Note($"{_path} drew no picture of this chart.");
            start += Picture.Length;
            return Convert.FromBase64String(drawn[start..drawn.IndexOf('<', start)]);
        }
        catch (Exception failed)
            when (failed is System.ComponentModel.Win32Exception or TimeoutException or IOException)
        {
            return Note(failed.Message);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Page(JsonNode figure) =>
        $$"""
            <!doctype html><meta charset="utf-8"><body>
            <script src="{{new Uri(PlotlyLibrary.TemporaryFile())}}"></script><script>
            var figure = {{PlotlyPage.Json(figure)}}, chart = document.createElement("div");
            Plotly.newPlot(chart, figure.data, figure.layout)
              .then(() => Plotly.toImage(chart, { format: "png", width: {{Width}}, height: {{Height}} }))
              .then(picture => { document.body.textContent = picture; });
            </script>
            """;

    private string Run(string page, string profile)
    {
        // The page is our own and loads nothing; as root, Chromium has no sandbox.
        string[] sandbox = Environment.IsPrivilegedProcess ? ["--no-sandbox"] : [];
        using var browser = Process.Start(
            new ProcessStartInfo(
                _path,
                [
                    "--headless",
                    "--disable-gpu",
                    .. sandbox,
                    $"--user-data-dir={Path.Combine(profile, "profile")}",
                    "--virtual-time-budget=10000",
                    "--dump-dom",
                    new Uri(page).AbsoluteUri,
                ]
            )
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        try
        {
            using var late = CancellationTokenSource.CreateLinkedTokenSource(Cell.CancellationToken);
            late.CancelAfter(Patience);
            browser.ErrorDataReceived += (_, _) => { };
            browser.BeginErrorReadLine();
            // Not on this thread: a cell's thread may not let its continuations go elsewhere.
            return Task.Run(
                    async () =>
                    {
                        string dom = await browser.StandardOutput.ReadToEndAsync(late.Token);
                        await browser.WaitForExitAsync(late.Token);
                        return dom;
                    },
                    CancellationToken.None
                )
                .GetAwaiter()
                .GetResult();
        }
        catch (OperationCanceledException) when (!Cell.CancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{_path} drew no picture within {Patience.TotalSeconds:F0} s.");
        }
        finally
        {
            if (!browser.HasExited)
            {
                browser.Kill(entireProcessTree: true);
                browser.WaitForExit();
            }
        }
    }

    private static byte[] Note(string why)
    {
        var note = new Plot();
        note.Axes.Frameless();
        note.HideGrid();
        note.Add.Annotation($"No picture of this chart: {why}", Alignment.MiddleCenter);
        return note.GetImageBytes(Width, Height, ImageFormat.Png);
    }
}
