using NotebookEngine.Formatting;

namespace NotebookEngine;

/// <summary>Reads an exception, whose own code may throw or run on while it is read.</summary>
internal static class ExceptionText
{
    private const int Limit = 10_000;

    /// <summary>Its message; a long one is cut.</summary>
    public static string Message(Exception exception) => Read(exception, e => e.Message);

    /// <summary>Its message, stack trace and inner exceptions; a long text is cut.</summary>
    public static string Full(Exception exception) => Read(exception, e => e.ToString());

    private static string Read(Exception exception, Func<Exception, string?> read)
    {
        try
        {
            return Excerpt.Of(read(exception) ?? "", Limit);
        }
        catch (Exception e) when (e is not ThreadAbortException)
        {
            return $"(The text of this {exception.GetType().FullName} cannot be read: doing so throws "
                + $"{e.GetType().FullName}.)";
        }
    }
}
