using System.Diagnostics;
using System.Text.Json.Nodes;
using IResNet.Notebooks;
using Xunit;

namespace IResNet.Tests.Programs.Notebooks;

public class LiveFigureTests
{
    private readonly List<Figure> _shown = [];

    [Fact]
    public void TheFirstValueIsShownAtOnceAndManyMoreInFewUpdates()
    {
        var live = Live("loss");
        live.Add(0, 1);
        Assert.Single(_shown);

        var clock = Stopwatch.StartNew();
        int step = 0;
        while (clock.ElapsedMilliseconds < 1200)
            live.Add(++step, 1);
        live.Flush();

        Assert.InRange(_shown.Count, 2, 5);
        Assert.Equal(step, Traces(live.Figure)[0]!["x"]!.AsArray()[^1]!.GetValue<double>());
    }

    [Fact]
    public async Task TheFinalStateIsShownWithoutBeingAskedFor()
    {
        var live = Live("loss");
        for (int step = 0; step < 10; step++)
            live.Add(step, step * step);
        for (int wait = 0; wait < 100 && LastOf(_shown) != 81; wait++)
            await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.Equal(81, LastOf(_shown));
    }

    [Fact]
    public void TheEndOfACellShowsTheFinalState()
    {
        var live = Live("loss");
        live.Add(0, 1);
        live.Add(1, 2);
        LiveFigure.FlushAll();
        Assert.Equal(2, LastOf(_shown));
    }

    [Fact]
    public void ThreadsMayAddTogether()
    {
        var live = Live();
        Parallel.For(0, 8, thread =>
        {
            for (int step = 0; step < 100; step++)
                live.Add(step, ($"thread {thread}", step));
        });
        live.Flush();
        var traces = Traces(_shown[^1]);
        Assert.Equal(8, traces.Count);
        Assert.All(traces, trace => Assert.Equal(100, trace!["y"]!.AsArray().Count));
    }

    [Fact]
    public void NamedValuesBeginTheirSeriesWhenTheyCome()
    {
        var live = Live();
        live.Add(0, ("train", 3));
        live.Add(1, ("train", 2), ("test", 4));
        live.Flush();
        Assert.Equal(["train", "test"], Traces(_shown[^1]).Take(2).Select(trace => trace!["name"]!.GetValue<string>()));
        Assert.Equal([1.0], Traces(_shown[^1])[1]!["x"]!.AsArray().Select(x => x!.GetValue<double>()));
    }

    [Fact]
    public void ItsLookIsTheUsers()
    {
        var live = Live("loss").Styled(figure => figure.WithTitle("MNIST").WithY("bits/dim", log: true));
        live.Add(0, 1);
        Assert.Equal(("MNIST", true), (_shown[0].Title, _shown[0].Y.Log));
    }

    [Fact]
    public void AWrongNumberOfValuesIsRefusedWithBoth()
    {
        var error = Assert.Throws<ArgumentException>(() => Live("a", "b").Add(0, 1));
        Assert.StartsWith("1 values for 2 series", error.Message);
    }

    [Fact]
    public async Task AChartThatCannotBeUpdatedDoesNotStopTheLoop()
    {
        int updates = 0;
        var live = new LiveFigure(_ =>
            _ =>
            {
                Interlocked.Increment(ref updates);
                throw new InvalidOperationException("the reader is gone");
            }
        );
        for (int step = 0; step < 3; step++)
            live.Add(step, 1);
        for (int wait = 0; wait < 100 && Volatile.Read(ref updates) == 0; wait++)
            await Task.Delay(50, TestContext.Current.CancellationToken);
        live.Add(3, 1);
        live.Flush();
        Assert.Equal(1, updates);
    }

    private static JsonArray Traces(Figure figure) => JsonNode.Parse(figure.ToPlotlyJson())!["data"]!.AsArray();

    private static double? LastOf(List<Figure> shown) =>
        shown.Count > 0 ? Traces(shown[^1])[0]!["y"]!.AsArray()[^1]!.GetValue<double>() : null;

    private LiveFigure Live(params string[] names) =>
        new(
            first =>
            {
                _shown.Add((Figure)first);
                return next => _shown.Add((Figure)next);
            },
            names
        );
}
