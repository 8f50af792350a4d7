namespace IResNet.Experiments.Runs;

/// <summary>
/// A run folder cannot be used: it holds something else, another process has it, or the disk refuses.
/// </summary>
/// <param name="message">The folder, what is wrong, and what to do.</param>
/// <param name="cause">The error behind it.</param>
public sealed class RunFolderException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>A checkpoint is damaged or does not fit the model. Nothing was loaded.</summary>
/// <param name="path">The checkpoint.</param>
/// <param name="reason">What is wrong.</param>
/// <param name="cause">The error behind it.</param>
public sealed class CheckpointException(string path, string reason, Exception? cause = null)
    : Exception($"{path}: {reason}", cause)
{
    /// <summary>The checkpoint.</summary>
    public string Path { get; } = path;
}
