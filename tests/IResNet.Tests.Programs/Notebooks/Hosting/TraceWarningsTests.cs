using System.Diagnostics;
using IResNet.Notebooks;

namespace IResNet.Tests.Programs.Notebooks;

/// <summary>What the library warns of, as a cell shows it.</summary>
public class TraceWarningsTests
{
    [Fact]
    public void WarningsAreShownOnceInARow()
    {
        using var console = new StringWriter();
        using var listener = new TraceWarnings(() => console);
        void Say(TraceEventType type, string message) => listener.TraceEvent(null, "iresnet", type, 0, message);
        Say(TraceEventType.Information, "fine");
        Say(TraceEventType.Warning, "close to 1");
        Say(TraceEventType.Warning, "close to 1");
        Say(TraceEventType.Error, "above 1");
        Say(TraceEventType.Warning, "close to 1");
        listener.WriteLine("no event");
        Assert.Equal(
            ["Warning: close to 1", "Warning: above 1", "Warning: close to 1"],
            console.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)
        );
    }
}
