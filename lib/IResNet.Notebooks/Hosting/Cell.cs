namespace IResNet.Notebooks;

/// <summary>The running cell, whatever program runs it.</summary>
public static class Cell
{
    /// <summary>The program whose cells run in this process.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static INotebookHost Host
    {
        get => field ?? throw new InvalidOperationException("No program for notebooks runs here: there is no cell.");
        set;
    }
}
