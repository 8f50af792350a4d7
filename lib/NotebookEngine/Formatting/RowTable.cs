using System.Collections;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Html;

namespace NotebookEngine.Formatting;

/// <summary>
/// A record, tuple, pair or anonymous object, or a sequence of them, as a table with a column a property.
/// </summary>
internal sealed class RowTable
{
    private const int RowLimit = 100;
    private const int ColumnLimit = 50;

    private readonly List<string> _columns;
    private readonly List<object?[]> _rows;
    private readonly string? _more;

    private RowTable(Type rowType, IEnumerable rows)
    {
        var columns = Columns(rowType).Take(ColumnLimit).ToList();
        _columns = columns.ConvertAll(c => c.Name);
        _rows = rows.Cast<object?>()
            .Take(RowLimit + 1)
            .OfType<object>()
            .Select(r => columns.ConvertAll(c => c.Get(r)).ToArray())
            .ToList();
        if (_rows.Count <= RowLimit)
            return;
        _rows.RemoveAt(RowLimit);
        _more = rows is ICollection all ? $"… {all.Count - RowLimit} more rows" : "… more rows";
    }

    /// <summary>The table, or null where the value is nothing of the kind.</summary>
    public static RowTable? TryCreate(object value)
    {
        if (IsRow(value.GetType()))
            return new RowTable(value.GetType(), new[] { value });
        return value is IEnumerable rows && Scalar.ElementType(value.GetType()) is { } element && IsRow(element)
            ? new RowTable(element, rows)
            : null;
    }

    public string ToHtml()
    {
        var html = new StringBuilder("<table><thead><tr>");
        foreach (string column in _columns)
            html.Append("<th>").Append(WebUtility.HtmlEncode(column)).Append("</th>");
        html.Append("</tr></thead><tbody>");
        foreach (object?[] row in _rows)
        {
            html.Append("<tr>");
            foreach (object? cell in row)
            {
                string content = cell is IHtmlContent ready ? Html(ready) : WebUtility.HtmlEncode(Text(cell));
                html.Append("<td>").Append(content).Append("</td>");
            }
            html.Append("</tr>");
        }
        html.Append("</tbody></table>");
        if (_more is not null)
            html.Append("<p>").Append(_more).Append("</p>");
        return html.ToString();
    }

    public string ToText()
    {
        var lines = _rows.ConvertAll(r => Array.ConvertAll(r, Text)).Prepend([.. _columns]).ToList();
        int[] widths = _columns.Select((_, i) => lines.Max(l => l[i].Length)).ToArray();
        string text = string.Join(
            '\n',
            lines.Select(l => string.Join("  ", l.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd())
        );
        return _more is null ? text : $"{text}\n{_more}";
    }

    private static bool IsRow(Type type) =>
        type.IsAssignableTo(typeof(ITuple))
        || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>))
        || type.GetMethod("<Clone>$") is not null
        || (
            type.IsDefined(typeof(CompilerGeneratedAttribute))
            && type.Name.Contains("AnonymousType", StringComparison.Ordinal)
        )
        || (
            type.IsValueType
            && type.GetMethod("PrintMembers", BindingFlags.Instance | BindingFlags.NonPublic) is not null
        );

    private static IEnumerable<(string Name, Func<object, object?> Get)> Columns(Type type) =>
        TupleLength(type) is { } length
            ? Enumerable
                .Range(0, length)
                .Select(i => ($"Item{i + 1}", (Func<object, object?>)(row => ((ITuple)row)[i])))
            : ObjectTree.MembersOf(type);

    /// <summary>
    /// How many items a tuple has, of which one of more than seven holds the rest in another; null for other types.
    /// </summary>
    private static int? TupleLength(Type type)
    {
        if (type.Namespace != nameof(System) || type.Name.Split('`')[0] is not ("ValueTuple" or "Tuple"))
            return null;
        return type.GetGenericArguments() is [.. { Length: 7 } first, var rest]
            ? first.Length + TupleLength(rest)
            : type.GetGenericArguments().Length;
    }

    /// <summary>A cell's text; numbers with six significant digits, as tables of results are read.</summary>
    private static string Text(object? cell) =>
        cell switch
        {
            null => "",
            double or float or Half => ((IFormattable)cell).ToString("G6", CultureInfo.InvariantCulture),
            _ => new ObjectTree(cell, ObjectTree.LineDepth).ToLine(),
        };

    public static string Html(IHtmlContent content)
    {
        using var writer = new StringWriter();
        content.WriteTo(writer, System.Text.Encodings.Web.HtmlEncoder.Default);
        return writer.ToString();
    }
}
