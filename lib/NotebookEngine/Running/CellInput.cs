namespace NotebookEngine.Running;

/// <summary>
/// Standard input of a cell: lines that its reader is asked for, handed out whole or by the character.
/// </summary>
/// <param name="ask">Asks for a line with a prompt; null where nobody can answer.</param>
internal sealed class CellInput(Func<string, string?> ask)
{
    private const string ToEndPrompt = "(an empty line ends the input) ";

    private string _line = "";
    private int _position;

    public int Peek() => Fill() ? _line[_position] : -1;

    public int Read() => Fill() ? _line[_position++] : -1;

    public int Read(Span<char> buffer)
    {
        if (buffer.IsEmpty || !Fill())
            return 0;
        int count = Math.Min(buffer.Length, _line.Length - _position);
        _line.AsSpan(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public string? ReadLine() => _position < _line.Length ? Rest().TrimEnd('\n') : ask("");

    /// <summary>All lines up to an empty one: a reader who is asked has no other way to say that this is all.</summary>
    public string ReadToEnd()
    {
        string text = Rest();
        while (ask(ToEndPrompt) is { Length: > 0 } line)
            text += line + "\n";
        return text;
    }

    private bool Fill()
    {
        if (_position < _line.Length)
            return true;
        if (ask("") is not { } line)
            return false;
        (_line, _position) = (line + "\n", 0);
        return true;
    }

    private string Rest()
    {
        string rest = _line[_position..];
        _position = _line.Length;
        return rest;
    }
}
