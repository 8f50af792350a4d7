using System.Text;

namespace NotebookEngine.Running;

/// <summary>
/// Puts itself before <see cref="Console"/>, once per process: what a cell's code reads and writes goes to that cell's
/// sink, what other code writes to where it went before.
/// </summary>
internal static class CellConsole
{
    private static readonly Lock Gate = new();
    private static (TextWriter Out, TextWriter Error, TextReader In)? _own;
    private static int _cells;

    public static void Install()
    {
        lock (Gate)
        {
            if (_own is not null)
                return;
            Console.SetOut(new Writer(StreamName.Stdout, Console.Out));
            Console.SetError(new Writer(StreamName.Stderr, Console.Error));
            Console.SetIn(new Reader(Console.In));
            _own = (Console.Out, Console.Error, Console.In);
        }
    }

    /// <summary>A cell begins.</summary>
    public static void Enter()
    {
        lock (Gate)
            _cells++;
    }

    /// <summary>
    /// A cell has ended. What it left redirected is put back, lest all later cells be mute; not while another engine's
    /// cell runs, whose redirection it may be.
    /// </summary>
    /// <returns>What was put back, as <c>Console.Out</c>; empty where nothing was.</returns>
    public static IReadOnlyList<string> Leave()
    {
        lock (Gate)
        {
            if (--_cells > 0 || _own is not var (output, error, input))
                return [];
            var redirected = new List<string>();
            if (Console.Out != output)
                redirected.Add("Console.Out");
            if (Console.Error != error)
                redirected.Add("Console.Error");
            if (Console.In != input)
                redirected.Add("Console.In");
            // Synchronized writers are taken as they are: the same objects again.
            Console.SetOut(output);
            Console.SetError(error);
            Console.SetIn(input);
            return redirected;
        }
    }

    /// <summary>
    /// Releases what an aborted thread still holds: <see cref="Console"/> locks its writers during each call. To be
    /// called on that thread.
    /// </summary>
    public static void ReleaseLocks()
    {
        foreach (object held in new object[] { Console.Out, Console.Error })
            while (Monitor.IsEntered(held))
                Monitor.Exit(held);
    }

    private sealed class Writer(StreamName name, TextWriter original) : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => Write(value.ToString());

        public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

        public override void Write(ReadOnlySpan<char> buffer) => Write(buffer.ToString());

        public override void Write(string? value)
        {
            if (string.IsNullOrEmpty(value))
                return;
            if (CellContext.Current is { } cell)
                cell.Output.Stream(name, value);
            else
                original.Write(value);
        }

        public override void WriteLine() => Write("\n");

        public override void WriteLine(string? value) => Write(value + "\n");

        public override void Flush()
        {
            if (CellContext.Current is null)
                original.Flush();
        }
    }

    private sealed class Reader(TextReader original) : TextReader
    {
        private static CellInput? Cell => CellContext.Current?.Output.Input;

        public override string? ReadLine() => Cell is { } cell ? cell.ReadLine() : original.ReadLine();

        public override int Read() => Cell is { } cell ? cell.Read() : original.Read();

        public override int Peek() => Cell is { } cell ? cell.Peek() : original.Peek();

        public override int Read(Span<char> buffer) => Cell is { } cell ? cell.Read(buffer) : original.Read(buffer);

        public override int Read(char[] buffer, int index, int count) => Read(buffer.AsSpan(index, count));

        public override string ReadToEnd() => Cell is { } cell ? cell.ReadToEnd() : original.ReadToEnd();
    }
}
