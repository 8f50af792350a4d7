namespace IResNet.Workbook.Notebooks;

/// <summary>A file is not a notebook of the format that is read here (nbformat 4).</summary>
internal sealed class NotebookFormatException(string message, Exception? inner = null) : Exception(message, inner);
