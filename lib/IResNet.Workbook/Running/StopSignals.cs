using System.Runtime.InteropServices;

namespace IResNet.Workbook.Running;

/// <summary>Ctrl-C, or a request to end: the first asks to stop, a second Ctrl-C ends the process at once.</summary>
internal sealed class StopSignals : IDisposable
{
    /// <summary>What a shell expects of a process that ended on Ctrl-C.</summary>
    public const int ExitCode = 130;

    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals() =>
        _registrations = [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
        ];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

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
        // A second SIGTERM is often the same request on another way: a batch system signals all processes of a job, and
        // the job's script passes it on.
        signal.Cancel = signal.Signal == PosixSignal.SIGTERM || !_stop.IsCancellationRequested;
        Stop();
    }

    // Not on the signal's own thread: what is cancelled may take its time.
    private void Stop() => _stop.CancelAsync();
}
