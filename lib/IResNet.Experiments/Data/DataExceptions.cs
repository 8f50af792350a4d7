namespace IResNet.Experiments.Data;

/// <summary>Something is wrong with a data set's files, or they cannot be had.</summary>
/// <param name="message">What was found, what was expected, and what to do.</param>
/// <param name="cause">The error behind it.</param>
public abstract class DataSetException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>A file is not what its format asks for: magic number, counts, sizes, labels.</summary>
/// <param name="file">The file, or the entry of an archive.</param>
/// <param name="found">What is there.</param>
/// <param name="expected">What should be there.</param>
/// <param name="cause">The error behind it.</param>
public sealed class DataFormatException(string file, string found, string expected, Exception? cause = null)
    : DataSetException($"{file}: found {found}; expected {expected}.", cause)
{
    /// <summary>The file, or the entry of an archive.</summary>
    public string File { get; } = file;

    /// <summary>What is there.</summary>
    public string Found { get; } = found;

    /// <summary>What should be there.</summary>
    public string Expected { get; } = expected;
}

/// <summary>A file's checksum is wrong: it was damaged, or it is another file of the same name.</summary>
/// <param name="file">The file.</param>
/// <param name="expected">The checksum it should have, with its kind.</param>
/// <param name="actual">The checksum it has.</param>
/// <param name="setAside">Where the wrong file lies now; null when it is not ours to move.</param>
public sealed class DataIntegrityException(string file, Checksum expected, string actual, string? setAside = null)
    : DataSetException(
        $"{file}: {expected.Kind} is {actual}, expected {expected.Hex}."
            + (setAside is null ? "" : $" The wrong file was set aside as {setAside}.")
    )
{
    /// <summary>The checksum it should have.</summary>
    public Checksum Expected { get; } = expected;

    /// <summary>The checksum it has.</summary>
    public string Actual { get; } = actual;

    /// <summary>Where the wrong file lies now; null when it is not ours to move.</summary>
    public string? SetAside { get; } = setAside;
}

/// <summary>One source did not deliver: unreachable, stalled, an HTML page instead of data, a tool missing.</summary>
/// <param name="source">The address or program.</param>
/// <param name="reason">What happened.</param>
/// <param name="cause">The error behind it.</param>
public sealed class DataFetchException(string source, string reason, Exception? cause = null)
    : DataSetException($"{source}: {reason}.", cause);

/// <summary>None of the sources delivered a data set.</summary>
/// <param name="dataSet">Its name.</param>
/// <param name="attempts">What was tried, and the reason why each did not work.</param>
/// <param name="advice">What to do.</param>
public sealed class DataUnavailableException(string dataSet, IReadOnlyList<DataSetException> attempts, string advice)
    : DataSetException(
        $"{dataSet} could not be fetched. Tried:\n"
            + string.Concat(attempts.Select((attempt, i) => $"  {i + 1}. {attempt.Message}\n"))
            + advice
    )
{
    /// <summary>What was tried, in order, and the reason why each did not work.</summary>
    public IReadOnlyList<DataSetException> Attempts { get; } = attempts;
}
