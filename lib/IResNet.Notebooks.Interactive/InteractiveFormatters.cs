using System.Collections;
using System.Text.Json.Nodes;
using Microsoft.DotNet.Interactive.Formatting;

namespace IResNet.Notebooks.Interactive;

/// <summary>Tells .NET Interactive how values are shown.</summary>
internal static class InteractiveFormatters
{
    private static readonly Dictionary<Type, ITypeFormatter> PlotlyFormatters = [];

    /// <summary>The library's own types, and sequences of records as tables.</summary>
    public static void Register()
    {
        foreach (var representations in NotebookFormatters.All)
            Register(representations);
        foreach (string mimeType in new[] { HtmlFormatter.MimeType, PlainTextFormatter.MimeType })
            Formatter.Register(new TableFormatter(mimeType));
        Formatter.SetPreferredMimeTypesFor(typeof(IEnumerable), HtmlFormatter.MimeType, PlainTextFormatter.MimeType);
        Formatter.SetPreferredMimeTypesFor(typeof(string), PlainTextFormatter.MimeType); // a sequence as well
    }

    /// <summary>
    /// The charts of each copy of Plotly.NET that cells have loaded. Plotly.NET.Interactive shows nothing without a
    /// network, and registers when its package is loaded: the last registration wins, so this is called before each
    /// cell, and again when a cell loads the library.
    /// </summary>
    public static void RegisterPlotly()
    {
        foreach (var assembly in InteractiveHost.LoadedAssemblies("Plotly.NET"))
        {
            if (assembly.GetType("Plotly.NET.GenericChart") is not { } chart)
                continue;
            var last = Formatter
                .RegisteredFormatters(includeDefaults: false)
                .FirstOrDefault(formatter => formatter.Type == chart);
            if (last is null || !ReferenceEquals(last, PlotlyFormatters.GetValueOrDefault(chart)))
            {
                Register(NotebookFormatters.OfPlotly(chart));
                PlotlyFormatters[chart] = Formatter.RegisteredFormatters(includeDefaults: false).First();
            }
        }
    }

    private static void Register(Representations representations)
    {
        var (type, forms) = representations;
        var contents = forms.ToDictionary(form => form.MimeType, form => form.Content);
        // Frontends get this kernel's JSON as a string, which none of them draws: HTML takes its place.
        if (contents.Remove(NotebookFormatters.PlotlyType, out var plotly))
            contents[HtmlFormatter.MimeType] = chart =>
                PlotlyPage.Chart(
                    (JsonNode)plotly(chart),
                    (string?)contents.GetValueOrDefault(NotebookFormatters.PngType)?.Invoke(chart),
                    (string)contents[NotebookFormatters.TextType](chart)
                );
        foreach (var (mimeType, content) in contents)
            Formatter.Register(type, (value, writer) => writer.Write(content(value)), mimeType);
        Formatter.SetPreferredMimeTypesFor(type, [.. contents.Keys]);
    }
}
