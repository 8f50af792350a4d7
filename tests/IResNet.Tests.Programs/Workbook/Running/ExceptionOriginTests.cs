using IResNet.Workbook.Notebooks;
using IResNet.Workbook.Running;
using Xunit;
using static IResNet.Tests.Programs.Workbook.Running.NotebookFolder;

namespace IResNet.Tests.Programs.Workbook.Running;

/// <summary>
/// Wherever an exception comes from that nobody catches, it is printed and the process lives on. In a process of its
/// own: where the cell does not flow along, the last cell of the process is meant.
/// </summary>
public sealed class ExceptionOriginTests : IDisposable
{
    /// <summary>What the method made is garbage once it has returned.</summary>
    private const string NotInlined =
        "[System.Runtime.CompilerServices.MethodImpl("
        + "System.Runtime.CompilerServices.MethodImplOptions.NoInlining)] ";

    private static readonly Dictionary<string, string> Origins = new()
    {
        ["thread"] = "new Thread(Boom).Start();",
        ["thread without context"] = "new Thread(Boom).UnsafeStart();",
        ["pool"] = "ThreadPool.QueueUserWorkItem(_ => Boom());",
        ["pool without context"] = "ThreadPool.UnsafeQueueUserWorkItem(_ => Boom(), null);",
        ["pool item"] =
            "class Item(Action work) : IThreadPoolWorkItem { public void Execute() => work(); }\n"
            + "ThreadPool.UnsafeQueueUserWorkItem(new Item(Boom), preferLocal: false);",
        ["timer"] = "var timer = new Timer(_ => Boom(), null, 1, Timeout.Infinite);",
        ["async timer"] =
            "var ticks = new System.Timers.Timer(1) { AutoReset = false }; "
            + "ticks.Elapsed += async (_, _) => { await Task.Yield(); Boom(); }; ticks.Start();",
        ["token"] = "var source = new CancellationTokenSource(); source.Token.Register(Boom); source.CancelAfter(1);",
        ["token without context"] =
            "var source = new CancellationTokenSource(); source.Token.UnsafeRegister(_ => Boom(), null); "
            + "source.CancelAfter(1);",
        ["wait"] =
            "var wait = ThreadPool.RegisterWaitForSingleObject(new ManualResetEvent(true), (_, _) => Boom(), null, -1, "
            + "true);",
        ["wait without context"] =
            "var wait = ThreadPool.UnsafeRegisterWaitForSingleObject(new ManualResetEvent(true), (_, _) => Boom(), "
            + "null, -1, true);",
        ["async void"] = "async void Lose() { await Task.Delay(1); Boom(); } Lose(); await Task.Delay(100);",
        ["async void elsewhere"] = "async void Lose() { await Task.Delay(1).ConfigureAwait(false); Boom(); } Lose();",
        ["synchronization context"] = "new SynchronizationContext().Post(_ => Boom(), null);",
        ["process"] =
            "var child = new System.Diagnostics.Process { StartInfo = new(\"true\"), EnableRaisingEvents = true }; "
            + "child.Exited += (_, _) => Boom(); child.Start();",
        ["socket"] =
            "var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0); listener.Start(); "
            + "listener.BeginAcceptTcpClient(_ => Boom(), null); var client = new System.Net.Sockets.TcpClient(); "
            + "client.Connect((System.Net.IPEndPoint)listener.LocalEndpoint);",
        ["signal"] =
            "var signal = System.Runtime.InteropServices.PosixSignalRegistration.Create("
            + "System.Runtime.InteropServices.PosixSignal.SIGCONT, _ => Boom()); "
            + "System.Diagnostics.Process.Start(\"kill\", [\"-CONT\", $\"{Environment.ProcessId}\"]).WaitForExit();",
        ["finaliser"] =
            "class Final(Action work) { ~Final() => work(); }\n"
            + NotInlined
            + "void Make() { new Final(Boom); } Make(); GC.Collect(); GC.WaitForPendingFinalizers();",
        ["unobserved task"] =
            "TaskScheduler.UnobservedTaskException += (_, _) => Boom();\n"
            + NotInlined
            + "void Fail() { Task.Run(() => throw new Exception()).ContinueWith(_ => 0).Wait(); } Fail(); "
            + "GC.Collect(); GC.WaitForPendingFinalizers();",
    };

    private readonly NotebookFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_exception_is_printed_under_its_cell_and_ends_nothing()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Some of the origins are signals.");
        _folder.Notebook(
            "a.ipynb",
            [
                .. Origins.Select(
                    (origin, i) =>
                        Code(
                            $"origin-{i}",
                            "var thrown = new ManualResetEventSlim();\n"
                                + $"void Boom() {{ thrown.Set(); throw new FormatException(\"from {origin.Key}\"); }}\n"
                                + $"{origin.Value}\nthrown.Wait(20_000); Thread.Sleep(500);"
                        )
                ),
                Code("last", "Console.WriteLine(\"alive\");"),
            ]
        );
        using var command = new CommandLine(_folder.Path, "run", "a.ipynb");

        var (code, output) = await command.EndAsync(TestContext.Current.CancellationToken);

        Assert.True(code == 0, output);
        var cells = Notebook.Load(_folder.File("out", "a.ipynb")).Cells;
        Assert.Equal("alive\n", Assert.IsType<StreamOutput>(Assert.Single(cells[^1].Outputs)).Text);
        foreach (var (cell, origin) in cells.Zip(Origins.Keys))
        {
            string printed = string.Concat(cell.Outputs.OfType<StreamOutput>().Select(o => o.Text));
            string expected = $"FormatException: from {origin}";
            Assert.True(printed.Contains(expected, StringComparison.Ordinal), $"{origin}: {printed}");
        }
    }
}
