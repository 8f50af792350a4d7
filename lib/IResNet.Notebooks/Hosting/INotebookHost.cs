namespace IResNet.Notebooks;

/// <summary>What cells and charts need of the program that runs the notebook.</summary>
public interface INotebookHost
{
    /// <summary>Cancelled when the running cell is stopped; never cancelled where no cell runs.</summary>
    CancellationToken CancellationToken { get; }

    /// <summary>Shows a value under the running cell.</summary>
    /// <param name="value">What to show.</param>
    /// <returns>
    /// Replaces what is shown by another value of the same type; from any thread, also from later cells.
    /// </returns>
    /// <exception cref="InvalidOperationException">No cell is running.</exception>
    Action<object> Show(object value);

    /// <summary>Asks the reader for a line of text; null where nobody can answer.</summary>
    /// <param name="prompt">What stands before the answer.</param>
    /// <exception cref="InvalidOperationException">No cell is running.</exception>
    Task<string?> Ask(string prompt);

    /// <summary>Takes away what the running cell has shown so far.</summary>
    /// <exception cref="InvalidOperationException">No cell is running.</exception>
    void Clear();
}
