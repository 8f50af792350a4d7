namespace IResNet.Notebooks;

/// <summary>What charts need of the program whose cell they are made in.</summary>
public interface INotebookHost
{
    /// <summary>Shows a value under the running cell.</summary>
    /// <param name="value">What to show.</param>
    /// <returns>Replaces what is shown; may be called from any thread, and from later cells.</returns>
    /// <exception cref="InvalidOperationException">No cell is running.</exception>
    Action<object> Show(object value);
}
