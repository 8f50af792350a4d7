using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IResNet.Workbook.Notebooks;

/// <summary>
/// JSON text as Jupyter writes notebooks, Python's <c>json.dumps(indent=1, sort_keys=True, ensure_ascii=False)</c>: a
/// notebook that goes through the runner and through Jupyter shows no difference but what changed.
/// </summary>
internal static class PythonJson
{
    public static string Write(JsonNode? node)
    {
        var text = new StringBuilder();
        Append(text, node, depth: 0);
        return text.ToString();
    }

    private static void Append(StringBuilder text, JsonNode? node, int depth)
    {
        switch (node)
        {
            case JsonObject members:
                AppendItems(
                    text,
                    '{',
                    '}',
                    members.OrderBy(member => member.Key, StringComparer.Ordinal),
                    depth,
                    member =>
                    {
                        AppendString(text, member.Key);
                        text.Append(": ");
                        Append(text, member.Value, depth + 1);
                    }
                );
                break;
            case JsonArray items:
                AppendItems(text, '[', ']', items, depth, item => Append(text, item, depth + 1));
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                AppendString(text, value.GetValue<string>());
                break;
            default:
                // Numbers keep their digits; Python writes the exponent with a small e.
                text.Append(node?.ToJsonString().Replace('E', 'e') ?? "null");
                break;
        }
    }

    private static void AppendItems<T>(
        StringBuilder text,
        char open,
        char close,
        IEnumerable<T> items,
        int depth,
        Action<T> append
    )
    {
        text.Append(open);
        bool any = false;
        foreach (var item in items)
        {
            text.Append(any ? ",\n" : "\n").Append(' ', depth + 1);
            append(item);
            any = true;
        }

        if (any)
            text.Append('\n').Append(' ', depth);
        text.Append(close);
    }

    private static void AppendString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (char c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\f' => text.Append("\\f"),
                '\b' => text.Append("\\b"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }
}
