using ScottPlot;

namespace IResNet.Notebooks;

/// <summary>Draws a <see cref="Figure"/> as PNG.</summary>
internal static class PngChart
{
    // ScottPlot's font cache is shared and a live chart is drawn on a thread of its own.
    private static readonly Lock Drawing = new();

    private const float TitleSize = 15,
        LabelSize = 13,
        TickSize = 12;

    public static byte[] Draw(Figure figure)
    {
        lock (Drawing)
        {
            using var plot = new Plot();
            var frame = Frame.Of(figure);
            foreach (var (mark, color) in figure.Marks.Zip(Palette.Of(figure.Marks)))
                Add(plot, mark, figure, frame, Color.FromHex(color));
            Style(plot, figure, frame);
            if (figure.EqualScale)
                EqualizeScale(plot, figure, frame);
            return plot.GetImageBytes(figure.Width, figure.Height, ImageFormat.Png);
        }
    }

    private static void Add(Plot plot, Mark mark, Figure figure, Frame frame, Color color)
    {
        switch (mark)
        {
            case Curve curve:
                Add(plot, curve, figure, color);
                break;
            case Steps steps:
                var outline = Fill(
                    plot,
                    Geometry.Outline(steps, figure.X, figure.Y, frame.Y.Min),
                    color.WithAlpha(0.4)
                );
                outline.LineColor = color;
                outline.LineWidth = 1;
                outline.LegendText = steps.Name;
                break;
            case HeatMap map:
                Add(plot, map);
                break;
            case Level level when !double.IsNaN(figure.Y.Place(level.Y)):
                var line = plot.Add.HorizontalLine(figure.Y.Place(level.Y), 1.5f, color, LinePattern.Dashed);
                line.LegendText = level.Name;
                break;
        }
    }

    private static void Add(Plot plot, Curve curve, Figure figure, Color color)
    {
        foreach (var band in Geometry.Bands(curve, figure.X, figure.Y))
            Fill(plot, band, color.WithAlpha(0.2));

        string legend = curve.Name;
        foreach (var run in Geometry.Runs(curve, figure.X, figure.Y))
        {
            var points = plot.Add.Scatter(run.ConvertAll(point => new Coordinates(point.X, point.Y)), color);
            // A single point between two gaps has no line to be seen by.
            points.MarkerSize =
                curve.Style.HasFlag(CurveStyle.Points) ? 6
                : run.Count == 1 ? 5
                : 0;
            points.LineWidth = curve.Style.HasFlag(CurveStyle.Line) ? 2 : 0;
            if (curve.IsDashed)
                points.LinePattern = LinePattern.Dashed;
            points.LegendText = legend;
            legend = "";
        }
    }

    private static ScottPlot.Plottables.Polygon Fill(Plot plot, List<(double X, double Y)> outline, Color color)
    {
        var polygon = plot.Add.Polygon([.. outline.Select(point => new Coordinates(point.X, point.Y))]);
        polygon.FillColor = color;
        polygon.LineWidth = 0;
        return polygon;
    }

    private static void Add(Plot plot, HeatMap map)
    {
        var cells = plot.Add.Heatmap(map.Cells);
        cells.FlipVertically = true;
        cells.Colormap = new ScottPlot.Colormaps.Viridis();
        cells.NaNCellColor = Colors.Transparent;
        cells.Rectangle = new CoordinateRect(map.X.Min, map.X.Max, map.Y.Min, map.Y.Max);
        var bar = plot.Add.ColorBar(cells);
        Style(bar.Axis, new Axis(map.Name), (cells.GetRange().Min, cells.GetRange().Max));
    }

    private static void Style(Plot plot, Figure figure, Frame frame)
    {
        plot.FigureBackground.Color = Color.FromHex(Palette.Background);
        plot.DataBackground.Color = Color.FromHex(Palette.Background);
        plot.Axes.Color(Color.FromHex(Palette.Text));
        plot.Grid.MajorLineColor = Color.FromHex(Palette.Grid);

        plot.Axes.Title.Label.Text = figure.Title;
        plot.Axes.Title.Label.FontSize = TitleSize;
        plot.Axes.Title.Label.Bold = false;
        Style(plot.Axes.Bottom, figure.X, frame.X);
        Style(plot.Axes.Left, figure.Y, frame.Y);
        plot.Axes.SetLimits(frame.X.Min, frame.X.Max, frame.Y.Min, frame.Y.Max);

        if (figure.Marks.Any(mark => mark is not HeatMap && mark.Name.Length > 0))
            AddLegend(plot);
        if (frame.IsEmpty)
            AddNote(plot, Charts.NoData);
        plot.Font.Set(ChartFont.Family);
    }

    /// <summary>
    /// Shrinks the data area to the ranges' proportions, as Plotly does; ScottPlot's own rule would widen a range
    /// instead.
    /// </summary>
    private static void EqualizeScale(Plot plot, Figure figure, Frame frame)
    {
        plot.RenderInMemory(figure.Width, figure.Height);
        var area = plot.LastRender.DataRect;
        double width = frame.X.Max - frame.X.Min,
            height = frame.Y.Max - frame.Y.Min;
        double pixels = Math.Min(area.Width / width, area.Height / height);
        plot.Layout.Fixed(
            new PixelRect(area.Left, area.Left + (float)(width * pixels), area.Top + (float)(height * pixels), area.Top)
        );
    }

    private static void Style(IAxis bar, Axis axis, (double Min, double Max) range)
    {
        bar.Label.Text = axis.Title;
        bar.Label.FontSize = LabelSize;
        bar.Label.Bold = false;
        bar.TickLabelStyle.FontSize = TickSize;
        if (axis.Log)
        {
            bar.TickGenerator = new ScottPlot.TickGenerators.NumericManual(
                TickLabels.Logarithmic(range.Min, range.Max)
            );
            return;
        }
        bar.MinorTickStyle.Length = 0;
        bar.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic
        {
            LabelFormatter = TickLabels.Linear(range.Min, range.Max),
            TickDensity = 0.6,
        };
    }

    /// <summary>Beside the data, where it hides none.</summary>
    private static void AddLegend(Plot plot)
    {
        var panel = plot.ShowLegend(Edge.Right);
        panel.Alignment = Alignment.UpperLeft;
        plot.Legend.FontSize = TickSize;
        plot.Legend.OutlineWidth = 0;
        plot.Legend.ShadowColor = Colors.Transparent;
        plot.Legend.BackgroundColor = Colors.Transparent;
    }

    private static void AddNote(Plot plot, string text)
    {
        var note = plot.Add.Annotation(text, Alignment.MiddleCenter);
        note.LabelFontSize = 18;
        note.LabelBackgroundColor = Colors.Transparent;
        note.LabelBorderColor = Colors.Transparent;
        note.LabelShadowColor = Colors.Transparent;
    }
}
