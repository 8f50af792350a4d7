namespace NotebookEngine.Running;

/// <summary>A cell did not end by itself: it was left, aborted or given up.</summary>
/// <param name="message">What that means for the reader.</param>
internal sealed class CellStoppedException(string message) : Exception(message);
