namespace NotebookEngine.Running;

/// <summary>A cell did not end by itself: it was left, aborted or given up.</summary>
/// <param name="message">What that means for the reader.</param>
/// <param name="cause">What ended it, if anything was thrown.</param>
internal sealed class CellStoppedException(string message, Exception? cause = null) : Exception(message, cause);
