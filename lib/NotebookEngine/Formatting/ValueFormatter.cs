using System.Collections;
using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Html;
using Microsoft.DotNet.Interactive.Formatting;
using NotebookEngine.Cells;

namespace NotebookEngine.Formatting;

/// <summary>
/// How values are shown: scalars and lists of them as plain text, records and lists of records as tables, types that
/// the host registered as it says, all else as Microsoft.DotNet.Interactive.Formatting does, whose registrations (in
/// cells, or by the attribute convention in libraries) come before the rules here. This is the one place that uses that
/// package.
/// </summary>
public static class ValueFormatter
{
    private const int PlainTextLimit = 10_000;

    private static readonly ConcurrentDictionary<Type, Func<object, MimeBundle>> Registered = new();

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
        if (value is null)
            return new MimeBundle { [MimeBundle.PlainText] = "null" };
        var registered = FindRegistered(value.GetType())?.Invoke(value);
        if (mimeType is null && registered is not null)
            return registered;
        if (mimeType is not null)
            return Only(mimeType, value, registered);
        if (!HasOwnFormatter(value.GetType()))
        {
            if (Scalar.Is(value))
                return new MimeBundle { [MimeBundle.PlainText] = Scalar.Text(value) };
            if (value is IHtmlContent html)
                return WithPlainText(new MimeBundle { [MimeBundle.Html] = RowTable.Html(html) }, value);
            if (Scalar.IsList(value))
                return new MimeBundle { [MimeBundle.PlainText] = Scalar.ListText((IEnumerable)value) };
            if (Scalar.IsMatrix(value))
                return new MimeBundle { [MimeBundle.PlainText] = Scalar.MatrixText((IEnumerable)value) };
            if (RowTable.TryCreate(value) is { } table)
                return new MimeBundle { [MimeBundle.Html] = table.ToHtml(), [MimeBundle.PlainText] = table.ToText() };
        }
        var preferred = new MimeBundle();
        foreach (var type in Formatter.GetPreferredMimeTypesFor(value.GetType()))
            preferred[type] = Content(value, type);
        return WithPlainText(preferred, value);
    }

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
        var text = Scalar.Is(value) ? Scalar.Text(value) : Displayed(value, MimeBundle.PlainText);
        bundle[MimeBundle.PlainText] = text.Length > PlainTextLimit ? text[..PlainTextLimit] + "…" : text;
        return bundle;
    }

    /// <summary>The package's text; its line ends are those of the system that built it.</summary>
    private static string Displayed(object value, string mimeType) =>
        value.ToDisplayString(mimeType).ReplaceLineEndings("\n");

    private static object Content(object value, string mimeType)
    {
        var text = value is string s ? s : Displayed(value, mimeType);
        return mimeType.EndsWith("json", StringComparison.Ordinal) ? (object)JsonNode.Parse(text)! : text;
    }

    private static Func<object, MimeBundle>? FindRegistered(Type type)
    {
        for (var t = type; t is not null; t = t.BaseType)
            if (Registered.TryGetValue(t, out var format))
                return format;
        return null;
    }

    private static bool HasOwnFormatter(Type type) =>
        Formatter.RegisteredFormatters(false).Any(f => f.Type.IsAssignableFrom(type))
        || type.GetCustomAttributes(inherit: true).Any(a => a.GetType().Name == nameof(TypeFormatterSourceAttribute));
}
