using System.Collections;
using Microsoft.DotNet.Interactive.Formatting;
using NotebookEngine.Formatting;

namespace IResNet.Notebooks.Interactive;

/// <summary>
/// Sequences of records as a table with a column for each property, where the kernel has a tree for each record; all
/// other sequences as the kernel has them.
/// </summary>
internal sealed class TableFormatter(string mimeType) : TypeFormatter<IEnumerable>
{
    public override string MimeType => mimeType;

    public override bool Format(IEnumerable value, FormatContext context)
    {
        if (RowTable.TryCreate(value) is { } table)
        {
            context.Writer.Write(mimeType == HtmlFormatter.MimeType ? table.ToHtml() : table.ToText());
            return true;
        }
        // Once a formatter of ours matches, the kernel does not ask its own.
        return Formatter
            .RegisteredFormatters()
            .First(formatter =>
                formatter.MimeType == mimeType
                && formatter is not TableFormatter
                && formatter.Type.IsInstanceOfType(value)
            )
            .Format(value, context);
    }
}
