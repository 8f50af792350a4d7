using System.Collections;
using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace NotebookEngine.Formatting;

/// <summary>
/// A value and what it holds, down to a bounded depth and up to a bounded size: an object may hold itself, enumerate
/// itself, or hold ever more.
/// </summary>
internal sealed class ObjectTree
{
    /// <summary>How deep the tree of a value goes that is shown by itself.</summary>
    public const int FullDepth = 6;

    /// <summary>How deep it goes within one line.</summary>
    public const int LineDepth = 3;

    /// <summary>How many characters of a text within a larger value are shown.</summary>
    public const int TextLimit = 1000;

    private const int ItemLimit = 20;
    private const int MemberLimit = 50;
    private const int NodeLimit = 1000;
    private const string Cut = "…";

    /// <summary>
    /// The plain text of a value whose type has a formatter of its own; null for others. The host's to set.
    /// </summary>
    public static Func<object, string?> OwnText { get; set; } = _ => null;

    private readonly List<object> _path = [];
    private readonly int _depth;
    private readonly Node _root;
    private int _nodes;

    /// <summary>Reads a value, by its properties, public fields and items.</summary>
    /// <remarks>What its enumerator throws is thrown on; a property that throws is shown as what it throws.</remarks>
    public ObjectTree(object? value, int depth)
    {
        _depth = depth;
        _root = Read(value);
    }

    private enum Kind
    {
        Leaf,
        Items,
        Members,
    }

    private sealed record Node(Kind Kind, string Label, IReadOnlyList<(string Name, Node Node)> Children)
    {
        /// <summary>Whether the label is the value's own text and says enough within a line.</summary>
        public bool IsTold { get; init; }
    }

    /// <summary>Fold-out tables.</summary>
    public string ToHtml()
    {
        var html = new StringBuilder();
        Html(_root, html, open: true);
        return html.ToString();
    }

    /// <summary>A line a value, indented by what holds it.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        Text(_root, text, "");
        return text.ToString();
    }

    /// <summary>One line: <c>Point { X = 1, Y = 2 }</c>, <c>[1, 2]</c>.</summary>
    public string ToLine()
    {
        var text = new StringBuilder();
        Line(_root, text);
        return Excerpt.Of(text.ToString(), TextLimit);
    }

    /// <summary>The name of a type as C# writes it, without namespaces.</summary>
    public static string NameOf(Type type)
    {
        string name = type.Name.Split('`')[0];
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>" : name;
    }

    private Node Read(object? value)
    {
        _nodes++;
        if (value is null)
            return Leaf("null");
        if (OwnText(value) is { } own)
            return Leaf(own);
        if (Scalar.Is(value))
            return Leaf(Scalar.Text(value));
        if (Scalar.IsList(value))
            return Leaf(Scalar.ListText((IEnumerable)value));
        string name = NameOf(value.GetType());
        if (!value.GetType().IsValueType && _path.Any(above => ReferenceEquals(above, value)))
            return Leaf($"({name} from above)");
        if (_path.Count >= _depth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            return Leaf($"{name} {Cut}");
        _path.Add(value);
        try
        {
            return value is IEnumerable items
                ? new Node(Kind.Items, name, Items(items))
                : new Node(Kind.Members, OwnLabel(value) ?? name, Members(value))
                {
                    IsTold = OwnLabel(value) is not null,
                };
        }
        finally
        {
            _path.RemoveAt(_path.Count - 1);
        }
    }

    private List<(string, Node)> Items(IEnumerable items)
    {
        var read = new List<(string, Node)>();
        foreach (object? item in items)
        {
            if (read.Count == ItemLimit || _nodes >= NodeLimit)
            {
                string more = items is ICollection all ? $"{Cut} {all.Count - read.Count} more" : $"{Cut} more";
                read.Add((more, Leaf("")));
                break;
            }
            read.Add(
                item is DictionaryEntry entry ? (new ObjectTree(entry.Key, 1).ToLine(), Read(entry.Value))
                : item is not null && IsPair(item.GetType())
                    ? (new ObjectTree(Part(item, "Key"), 1).ToLine(), Read(Part(item, "Value")))
                : ($"[{read.Count}]", Read(item))
            );
        }
        return read;
    }

    private static bool IsPair(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>);

    private static object? Part(object pair, string name) => pair.GetType().GetProperty(name)!.GetValue(pair);

    private List<(string, Node)> Members(object value)
    {
        var read = new List<(string, Node)>();
        foreach (var (name, get) in MembersOf(value.GetType()))
        {
            if (read.Count == MemberLimit || _nodes >= NodeLimit)
            {
                read.Add(($"{Cut} more", Leaf("")));
                break;
            }
            // The result of a task that has not ended would be waited for.
            if (value is Task { IsCompletedSuccessfully: false } && name == "Result")
                continue;
            read.Add((name, Read(get(value))));
        }
        return read;
    }

    /// <summary>What a type's values are shown by: public properties and fields that can be read.</summary>
    public static IEnumerable<(string Name, Func<object, object?> Get)> MembersOf(Type type)
    {
        const BindingFlags publicOnes = BindingFlags.Instance | BindingFlags.Public;
        var properties = type.GetProperties(publicOnes)
            .Where(p => p.CanRead && p.GetIndexParameters().Length == 0 && IsObject(p.PropertyType))
            .Select(p => (p.Name, (Func<object, object?>)(value => Guarded(() => p.GetValue(value)))));
        var fields = type.GetFields(publicOnes)
            .Where(f => IsObject(f.FieldType))
            .Select(f => (f.Name, (Func<object, object?>)f.GetValue));
        return properties.Concat(fields);
    }

    private static bool IsObject(Type type) => !type.IsPointer && !type.IsByRef && !type.IsByRefLike;

    /// <summary>A property that throws does not spoil the rest.</summary>
    private static object? Guarded(Func<object?> get)
    {
        try
        {
            return get();
        }
        catch (TargetInvocationException e)
        {
            return $"{e.InnerException!.GetType().Name}: {ExceptionText.Message(e.InnerException)}";
        }
    }

    /// <summary>
    /// The text that the type's author wrote; null for what the compiler or the runtime would make of it, which goes
    /// through all members and has no bound.
    /// </summary>
    private static string? OwnLabel(object value)
    {
        var method = value.GetType().GetMethod(nameof(ToString), Type.EmptyTypes)!;
        if (
            method.DeclaringType == typeof(object)
            || method.DeclaringType == typeof(ValueType)
            || method.IsDefined(typeof(CompilerGeneratedAttribute))
            || method.DeclaringType!.IsDefined(typeof(CompilerGeneratedAttribute))
            || value is ITuple
        )
            return null;
        string? text = Guarded(() => method.Invoke(value, null)) as string;
        return string.IsNullOrWhiteSpace(text) ? null : Excerpt.Of(text, TextLimit);
    }

    private static Node Leaf(string label) => new(Kind.Leaf, Excerpt.Of(label, TextLimit), []);

    private static void Html(Node node, StringBuilder html, bool open)
    {
        string label = WebUtility.HtmlEncode(node.Label);
        if (node.Children.Count == 0)
        {
            html.Append(label);
            return;
        }
        html.Append(open ? "<details open><summary>" : "<details><summary>").Append(label).Append("</summary><table>");
        foreach (var (name, child) in node.Children)
        {
            html.Append("<tr><td>").Append(WebUtility.HtmlEncode(name)).Append("</td><td>");
            Html(child, html, open: false);
            html.Append("</td></tr>");
        }
        html.Append("</table></details>");
    }

    private static void Text(Node node, StringBuilder text, string indent)
    {
        text.Append(node.Label);
        foreach (var (name, child) in node.Children)
        {
            text.Append('\n').Append(indent).Append("  ").Append(name);
            if (child.Label.Length > 0)
                text.Append(": ");
            Text(child, text, indent + "  ");
        }
    }

    private static void Line(Node node, StringBuilder text)
    {
        if (node.Kind == Kind.Leaf || node.IsTold)
        {
            text.Append(node.Label);
            return;
        }
        if (node.Kind == Kind.Members)
            text.Append(node.Label).Append(' ');
        text.Append(node.Kind == Kind.Items ? '[' : "{ ");
        foreach (var (index, (name, child)) in node.Children.Index())
        {
            text.Append(index > 0 ? ", " : "");
            if (node.Kind == Kind.Members || !name.StartsWith('['))
                text.Append(name).Append(child.Label.Length > 0 ? " = " : "");
            Line(child, text);
        }
        text.Append(node.Kind == Kind.Items ? "]" : " }");
    }
}
