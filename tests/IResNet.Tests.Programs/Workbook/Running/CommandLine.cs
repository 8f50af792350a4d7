using System.Diagnostics;
using System.Text;

namespace IResNet.Tests.Programs.Workbook.Running;

/// <summary>The built executable in a process of its own.</summary>
internal sealed class CommandLine : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private readonly StringBuilder _output = new();
    private readonly Process _process;

    public CommandLine(string folder, params string[] arguments)
        : this(folder, [], arguments) { }

    public CommandLine(string folder, Dictionary<string, string> environment, params string[] arguments)
    {
        var start = ProgramStart.Of(arguments);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        start.WorkingDirectory = folder;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Append;
        _process.ErrorDataReceived += Append;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Waits for the end and returns the exit code and all that was printed.</summary>
    public async Task<(int Code, string Output)> EndAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(Limit, cancellationToken);
        lock (_output)
            return (_process.ExitCode, _output.ToString());
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private void Append(object sender, DataReceivedEventArgs e)
    {
        lock (_output)
            _output.AppendLine(e.Data);
    }
}
