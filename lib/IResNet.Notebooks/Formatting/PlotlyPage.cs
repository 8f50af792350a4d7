using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;

namespace IResNet.Notebooks;

/// <summary>
/// Plotly figures as HTML, for programs that have no renderer of their own for them. What stands there is a picture; a
/// script turns it into the interactive chart once plotly.js is on the page. Readers that run no scripts keep the
/// picture, and nothing comes from the network.
/// </summary>
internal static class PlotlyPage
{
    // A promise of plotly.js on the page, and the event by which its coming is told to charts that stand before it.
    private const string Library = "iresnetPlotly",
        Arrival = "iresnet-plotly";

    private static int _charts;

    /// <summary>
    /// plotly.js itself, from inside the package Plotly.NET, as a script that a page needs once. Packed, as otherwise
    /// it would take 3.6 MB of each notebook.
    /// </summary>
    public static string Script() =>
        $$"""
            <script charset="utf-8">(function () {
              if (window.{{Library}}) return;
              var packed = Uint8Array.from(atob("{{Convert.ToBase64String(Packed())}}"), c => c.charCodeAt(0));
              var unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
              var text = window.Plotly ? null : new Response(unpacked).text();
              window.{{Library}} = window.Plotly ? Promise.resolve(window.Plotly) : text.then(function (code) {
                // require.js, where a page has it, would take the library for itself.
                var define = window.define, script = document.createElement("script");
                script.textContent = code;
                window.define = undefined;
                try { document.head.appendChild(script).remove(); } finally { window.define = define; }
                return window.Plotly;
              });
              window.dispatchEvent(new Event("{{Arrival}}"));
            })();</script>
            """;

    /// <summary>A chart.</summary>
    /// <param name="figure">Data and layout.</param>
    /// <param name="png">The picture in base64; null where there is none.</param>
    /// <param name="text">What the picture shows.</param>
    public static string Chart(JsonNode figure, string? png, string text)
    {
        string id = $"iresnet-{Environment.ProcessId}-{Interlocked.Increment(ref _charts)}";
        string still = png is null
            ? WebUtility.HtmlEncode(text)
            : $"""<img src="data:image/png;base64,{png}" alt="{WebUtility.HtmlEncode(text)}" style="max-width:100%">""";
        return $$"""
            <div id="{{id}}">{{still}}</div>
            <script>(function () {
              var figure = {{Json(figure)}};
              function draw(Plotly) {
                var place = document.getElementById("{{id}}"), chart = document.createElement("div");
                if (!Plotly || !place) return;
                Plotly.newPlot(chart, figure.data, figure.layout, { responsive: true }).then(function () {
                  place.replaceChildren(chart);
                  Plotly.Plots.resize(chart);
                });
              }
              function start() { window.{{Library}}.then(draw); }
              if (window.{{Library}}) start();
              else window.addEventListener("{{Arrival}}", start, { once: true });
            })();</script>
            """;
    }

    /// <summary>In a script, <c>&lt;/</c> and <c>&lt;!</c> within a text would end or change the script.</summary>
    internal static string Json(JsonNode figure) => figure.ToJsonString().Replace("<", "\\u003c");

    private static byte[] Packed()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize))
            PlotlyLibrary.CopyTo(gzip);
        return packed.ToArray();
    }
}
