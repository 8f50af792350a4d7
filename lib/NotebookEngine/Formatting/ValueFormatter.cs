using System.Collections;
using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Html;
using Microsoft.DotNet.Interactive.Formatting;
using NotebookEngine.Cells;

namespace NotebookEngine.Formatting;

/// <summary>
/// How values are shown: scalars and lists of them as plain text, records and lists of records as tables, types that
/// the host registered as it says, all else as a tree. The registrations of Microsoft.DotNet.Interactive.Formatting (in
/// cells, or by the attribute convention in libraries) come before the rules here. This is the one place that uses that
/// package. Whatever a value holds, its text is bounded, and so is the stack that it takes.
/// </summary>
public static class ValueFormatter
{
    private const int PlainTextLimit = 10_000;
    private const int NestingLimit = 20;

    private static readonly ConcurrentDictionary<Type, Func<object, MimeBundle>> Registered = new();

    /// <summary>How many formatters are at work one within the other on this thread.</summary>
    [ThreadStatic]
    private static int _nesting;

    /// <summary>
    /// What a cell asks of the package itself is answered by the rules here as well: its own have no bound for what
    /// enumerates itself.
    /// </summary>
    static ValueFormatter()
    {
        ObjectTree.OwnText = OwnText;
        Formatter.Register<object>(value => (string)Format(value, MimeBundle.Html)[MimeBundle.Html], MimeBundle.Html);
        Formatter.Register<object>(
            value => (string)Format(value, MimeBundle.PlainText)[MimeBundle.PlainText],
            MimeBundle.PlainText
        );
    }

    /// <summary>
    /// Says how values of a type, and of those derived from it, are shown. The last registration wins.
    /// </summary>
    public static void Register<T>(Func<T, MimeBundle> format)
        where T : notnull => Register(typeof(T), value => format((T)value));

    /// <summary>The same for a type that is known at run time only.</summary>
    public static void Register(Type type, Func<object, MimeBundle> format) => Registered[type] = format;

    /// <summary>All representations of a value that its type prefers; plain text is always among them.</summary>
    /// <param name="value">Anything.</param>
    /// <param name="mimeType">The one representation wanted beside plain text; null for the preferred ones.</param>
    /// <remarks>What the value's own code throws while it is formatted is thrown on.</remarks>
    public static MimeBundle Format(object? value, string? mimeType = null)
    {
        if (value is MimeBundle bundle)
            return bundle;
        // A formatter that formats what the value holds may come back to the value.
        if (_nesting >= NestingLimit || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            return new MimeBundle { [mimeType ?? MimeBundle.PlainText] = "…", [MimeBundle.PlainText] = "…" };
        _nesting++;
        try
        {
            return FormatBounded(value, mimeType);
        }
        finally
        {
            _nesting--;
        }
    }

    /// <summary>
    /// The plain text of a value whose type has a formatter of its own, the host's or the package's; null for others.
    /// </summary>
    private static string? OwnText(object value) =>
        FindRegistered(value.GetType()) is not null || HasOwnFormatter(value.GetType())
            ? Format(value, MimeBundle.PlainText)[MimeBundle.PlainText] as string
            : null;

    private static MimeBundle FormatBounded(object? value, string? mimeType)
    {
        if (value is null)
            return new MimeBundle { [MimeBundle.PlainText] = "null" };
        var registered = FindRegistered(value.GetType())?.Invoke(value);
        if (mimeType is null && registered is not null)
            return registered;
        if (mimeType is not null)
            return Only(mimeType, value, registered);
        if (!HasOwnFormatter(value.GetType()))
        {
            if (value is IHtmlContent html)
                return WithPlainText(new MimeBundle { [MimeBundle.Html] = RowTable.Html(html) }, value);
            if (OneLine(value) is { } line)
                return new MimeBundle { [MimeBundle.PlainText] = line };
            if (RowTable.TryCreate(value) is { } table)
                return new MimeBundle { [MimeBundle.Html] = table.ToHtml(), [MimeBundle.PlainText] = table.ToText() };
        }
        var preferred = new MimeBundle();
        foreach (string? type in Formatter.GetPreferredMimeTypesFor(value.GetType()))
            preferred[type] = Content(value, type);
        return WithPlainText(preferred, value);
    }

    /// <summary>The text of a scalar, a list or a matrix of scalars; null for other values.</summary>
    private static string? OneLine(object value) =>
        Scalar.Is(value) ? Scalar.Text(value)
        : Scalar.IsList(value) ? Scalar.ListText((IEnumerable)value)
        : Scalar.IsMatrix(value) ? Scalar.MatrixText((IEnumerable)value)
        : null;

    private static MimeBundle Only(string mimeType, object value, MimeBundle? registered)
    {
        var only = new MimeBundle { [mimeType] = registered?.GetValueOrDefault(mimeType) ?? Content(value, mimeType) };
        if (registered?.GetValueOrDefault(MimeBundle.PlainText) is { } text)
            only[MimeBundle.PlainText] = text;
        return WithPlainText(only, value);
    }

    private static MimeBundle WithPlainText(MimeBundle bundle, object value)
    {
        if (bundle.ContainsKey(MimeBundle.PlainText))
            return bundle;
        string text = Scalar.Is(value) ? Scalar.Text(value) : Displayed(value, MimeBundle.PlainText);
        bundle[MimeBundle.PlainText] = text.Length > PlainTextLimit ? text[..PlainTextLimit] + "…" : text;
        return bundle;
    }

    /// <summary>The text of the type's own formatter where it has one; its line ends may be any system's.</summary>
    private static string Displayed(object value, string mimeType)
    {
        if (ConventionFormatters.Format(value, mimeType) is { } conventional)
            return conventional;
        if (IsRegistered(value.GetType()) || mimeType is not (MimeBundle.Html or MimeBundle.PlainText))
            return value.ToDisplayString(mimeType).ReplaceLineEndings("\n");
        bool isHtml = mimeType == MimeBundle.Html;
        if (isHtml && value is IHtmlContent html)
            return RowTable.Html(html);
        if (OneLine(value) is { } line)
            return isHtml ? $"<pre>{WebUtility.HtmlEncode(line)}</pre>" : line;
        if (RowTable.TryCreate(value) is { } table)
            return isHtml ? table.ToHtml() : table.ToText();
        var tree = new ObjectTree(value, ObjectTree.FullDepth);
        return isHtml ? tree.ToHtml() : tree.ToText();
    }

    private static object Content(object value, string mimeType)
    {
        string text = value is string s ? s : Displayed(value, mimeType);
        return mimeType.EndsWith("json", StringComparison.Ordinal) ? (object)JsonNode.Parse(text)! : text;
    }

    private static Func<object, MimeBundle>? FindRegistered(Type type)
    {
        for (var t = type; t is not null; t = t.BaseType)
            if (Registered.TryGetValue(t, out var format))
                return format;
        return null;
    }

    private static bool HasOwnFormatter(Type type) => IsRegistered(type) || ConventionFormatters.Has(type);

    /// <summary>Whether a cell or a library told the package how values of the type are shown.</summary>
    private static bool IsRegistered(Type type) =>
        Formatter
            .RegisteredFormatters(includeDefaults: false)
            .Any(f => f.Type != typeof(object) && f.Type.IsAssignableFrom(type));
}
