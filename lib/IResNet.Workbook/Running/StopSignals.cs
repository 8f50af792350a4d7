using System.Runtime.InteropServices;

namespace IResNet.Workbook.Running;

/// <summary>
/// Requests to end, all alike: Ctrl-C, SIGTERM, SIGHUP (a terminal or an ssh session that closes), SIGUSR1 and SIGUSR2
/// (a batch system's warning before the time limit or a preemption). The first asks to stop; a second Ctrl-C ends the
/// process at once. A signal that the process was started to ignore (nohup) stays ignored.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private static readonly (PosixSignal Signal, int Number)[] Known =
    [
        (PosixSignal.SIGINT, 2),
        (PosixSignal.SIGTERM, 15),
        (PosixSignal.SIGHUP, 1),
        .. OperatingSystem.IsWindows() ? []
        : OperatingSystem.IsMacOS() ? [((PosixSignal)30, 30), ((PosixSignal)31, 31)]
        : new[] { ((PosixSignal)10, 10), ((PosixSignal)12, 12) },
    ];

    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _number;

    public StopSignals() =>
        _registrations = [.. Known.Select(known => PosixSignalRegistration.Create(known.Signal, Handle))];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>
    /// The exit code: that of the command, unless it was stopped before its end. Then it is what a shell expects of a
    /// process that a signal ended, 128 and the signal's number; 130 for a stop without a signal.
    /// </summary>
    /// <param name="code">The command's own; 0 where it came to its end.</param>
    public int CodeOf(int code) =>
        code == 0 || !_stop.IsCancellationRequested ? code : 128 + (_number == 0 ? 2 : _number);

    /// <summary>
    /// Ends the process at once if it was stopped, without the C library's clean-up: that would take libtorch away
    /// under a thread that still computes, a segmentation fault instead of the exit code.
    /// </summary>
    /// <param name="code">The command's own exit code.</param>
    public void EndIfStopped(int code)
    {
        if (code == 0 || !_stop.IsCancellationRequested)
            return;
        Console.Out.Flush();
        Console.Error.Flush();
        if (OperatingSystem.IsWindows())
            Environment.Exit(CodeOf(code));
        ExitNow(CodeOf(code));
    }

    [DllImport("libc", EntryPoint = "_exit")]
    private static extern void ExitNow(int code);

    /// <summary>
    /// Also stops when standard input ends, which is how a worker learns that its parent stops or is gone.
    /// </summary>
    public void StopAtEndOfInput() =>
        new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            input.CopyTo(Stream.Null);
            Stop();
        })
        {
            IsBackground = true,
        }.Start();

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }

    private void Handle(PosixSignalContext signal)
    {
        // A second one is often the same request on another way: a batch system signals all processes of a job, and the
        // job's script passes it on. Only people press Ctrl-C twice.
        signal.Cancel = signal.Signal != PosixSignal.SIGINT || !_stop.IsCancellationRequested;
        int number = Array.Find(Known, known => known.Signal == signal.Signal).Number;
        Interlocked.CompareExchange(ref _number, number, 0);
        Stop();
    }

    // Not on the signal's own thread: what is cancelled may take its time.
    private void Stop() => _stop.CancelAsync();
}
