namespace NotebookEngine;

/// <summary>
/// Guards the compiler's parser, which calls itself for what is nested: tens of thousands of brackets would overflow
/// the stack, and with it end the process.
/// </summary>
public static class CodeNesting
{
    /// <summary>How deep brackets, interpolated strings or <c>#if</c> may be nested.</summary>
    public const int Limit = 1000;

    /// <summary>
    /// Whether code may be nested deeper than <see cref="Limit"/>. Brackets in comments and strings count as well.
    /// </summary>
    public static bool IsTooDeep(string code)
    {
        var (depth, conditions, generics) = (0, 0, 0);
        foreach (var line in code.AsSpan().EnumerateLines())
        {
            generics = 0; // mostly "less than"
            conditions += line.TrimStart().StartsWith("#if", StringComparison.Ordinal) ? 1 : 0;
            foreach (char c in line)
            {
                depth += c switch
                {
                    '(' or '[' or '{' => 1,
                    ')' or ']' or '}' => -1,
                    _ => 0,
                };
                generics += c == '<' ? 1 : 0;
                if (depth > Limit || generics > Limit || conditions > Limit)
                    return true;
            }
        }
        return false;
    }
}
