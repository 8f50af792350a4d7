using System.Text;

namespace NotebookEngine.Running;

/// <summary>
/// Puts itself before <see cref="Console"/>, once a process: what a cell's code reads and writes goes to that cell's
/// sink, what other code writes to where it went before.
/// </summary>
internal static class CellConsole
{
    private static readonly Lock Gate = new();
    private static bool _installed;

    public static void Install()
    {
        lock (Gate)
        {
            if (_installed)
                return;
            Console.SetOut(new Writer(StreamName.Stdout, Console.Out));
            Console.SetError(new Writer(StreamName.Stderr, Console.Error));
            Console.SetIn(new Reader(Console.In));
            _installed = true;
        }
    }

    /// <summary>
    /// Releases what an aborted thread still holds: <see cref="Console"/> locks its writers during each call. To be
    /// called on that thread.
    /// </summary>
    public static void ReleaseLocks()
    {
        foreach (var held in new object[] { Console.Out, Console.Error })
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
        public override string? ReadLine() =>
            CellContext.Current is { } cell ? cell.Output.ReadLine("", isPassword: false) : original.ReadLine();

        public override int Read() => CellContext.Current is null ? original.Read() : -1;

        public override int Peek() => CellContext.Current is null ? original.Peek() : -1;
    }
}
