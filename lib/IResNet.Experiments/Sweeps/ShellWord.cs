using System.Buffers;

namespace IResNet.Experiments.Sweeps;

/// <summary>Words that a shell, or Slurm's reader of <c>#SBATCH</c> lines, takes as they are.</summary>
internal static class ShellWord
{
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%"
    );

    /// <summary>In single quotes, where it needs any.</summary>
    public static string Quote(string text) =>
        IsPlain(text) ? text : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>
    /// An option of an <c>#SBATCH</c> line, in double quotes where it needs any. Slurm takes a backslash there as the
    /// shell does, but in single quotes too, where the shell does not: so never those.
    /// </summary>
    /// <exception cref="SlurmException">It has a line break.</exception>
    public static string Directive(string option)
    {
        if (option.AsSpan().ContainsAny('\n', '\r'))
            throw new SlurmException($"'{option}' has a line break, which no batch script can hold.");
        return IsPlain(option)
            ? option
            : $"\"{string.Concat(option.Select(c => c is '"' or '\\' or '$' or '`' ? $"\\{c}" : $"{c}"))}\"";
    }

    private static bool IsPlain(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExcept(Plain);
}
