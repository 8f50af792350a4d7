using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace IResNet.Experiments.Configuration;

/// <summary>
/// Experiments as JSON, with every value spelled out, and changes of single values by their dotted keys.
/// </summary>
public static class ExperimentJson
{
    private const int MaxBytes = 1 << 20;

    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <summary>The text of a config.json.</summary>
    public static string Write(Experiment experiment) =>
        JsonSerializer.Serialize(experiment, experiment.GetType(), Format) + "\n";

    /// <summary>Reads a config.json. Values that it does not give are the preset's.</summary>
    /// <exception cref="ConfigurationException">It is not JSON, names no known experiment, or has an unknown key or an
    /// impossible value.</exception>
    public static Experiment Read(string text)
    {
        if (text.Length > MaxBytes)
            throw new ConfigurationException(
                $"The configuration has {text.Length:N0} characters; no configuration is that long."
            );
        JsonObject given;
        try
        {
            given = JsonNode
                .Parse(text, documentOptions: new() { AllowDuplicateProperties = false, MaxDepth = 8 })
                ?.AsObject()
                ?? throw new JsonException("null");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new ConfigurationException($"The configuration is not a JSON object: {fault.Message}", fault);
        }
        var preset = ExperimentCatalogue.Get(Name(given, "experiment"), Name(given, "preset"));
        return Change(preset, [.. Leaves(given, "").Where(leaf => leaf.Key is not ("experiment" or "preset"))]);
    }

    /// <summary>The experiment with some values changed.</summary>
    /// <param name="experiment">Where to start.</param>
    /// <param name="assignments"><c>training.steps=500</c>; lists as <c>model.blocks=4,4</c> or <c>[4,4]</c>.</param>
    /// <exception cref="ConfigurationException">A key is unknown (the message names the nearest), or a value is
    /// impossible.</exception>
    public static Experiment With(this Experiment experiment, params IEnumerable<string> assignments)
    {
        var known = Leaves(Node(experiment), "").ToDictionary(leaf => leaf.Key, leaf => leaf.Value);
        var changes = new List<KeyValuePair<string, JsonNode?>>();
        foreach (string assignment in assignments)
        {
            int equals = assignment.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
                throw new ConfigurationException(
                    $"'{assignment}' is no assignment: write key=value, such as training.steps=500."
                );
            string key = assignment[..equals].Trim();
            changes.Add(new(key, Parse(assignment[(equals + 1)..].Trim(), known.GetValueOrDefault(key))));
        }
        return Change(experiment, changes);
    }

    /// <summary>All keys that <see cref="With"/> takes, with their present values.</summary>
    public static IReadOnlyDictionary<string, string> Values(Experiment experiment) =>
        Leaves(Node(experiment), "")
            .ToDictionary(leaf => leaf.Key, leaf => leaf.Value?.ToJsonString(Compact) ?? "null");

    private static readonly JsonSerializerOptions Compact = new(Format) { WriteIndented = false };

    private static JsonObject Node(Experiment experiment) =>
        JsonSerializer.SerializeToNode(experiment, experiment.GetType(), Format)!.AsObject();

    private static Experiment Change(
        Experiment experiment,
        IReadOnlyCollection<KeyValuePair<string, JsonNode?>> changes
    )
    {
        var node = Node(experiment);
        string[] known = [.. Leaves(node, "").Select(leaf => leaf.Key)];
        foreach (var (key, value) in changes)
        {
            if (key is "experiment" or "preset")
                throw new ConfigurationException(
                    $"'{key}' cannot be changed: start from another experiment or preset instead."
                );
            if (!known.Contains(key))
                throw new ConfigurationException($"Unknown key '{key}'. {Names.Advice(key, known)}");
            string[] path = key.Split('.');
            var section = path[..^1].Aggregate(node, (parent, name) => parent[name]!.AsObject());
            section[path[^1]] = value?.DeepClone();
        }
        var changed = Deserialize(node, experiment.GetType());
        changed.Validate();
        return changed;
    }

    private static Experiment Deserialize(JsonObject node, Type type)
    {
        try
        {
            return (Experiment)node.Deserialize(type, Format)!;
        }
        catch (JsonException fault)
        {
            // The path is "$.training.steps" or "$.model.blocks[1]".
            string key = fault.Path is ['$', '.', .. var rest] ? rest : "";
            var value = key.Split('[')[0]
                .Split('.')
                .Aggregate((JsonNode?)node, (parent, name) => (parent as JsonObject)?[name]);
            throw new ConfigurationException(
                $"{key} is {value?.ToJsonString(Compact) ?? "null"}, which is no value for it. {(fault.InnerException ?? fault).Message}",
                fault
            );
        }
        catch (ArgumentException fault)
        {
            throw new ConfigurationException(fault.Message, fault);
        }
    }

    /// <summary>All values below a node by their dotted keys. Lists are values; so is anything but an object.</summary>
    private static IEnumerable<KeyValuePair<string, JsonNode?>> Leaves(JsonObject node, string prefix) =>
        node.SelectMany(property =>
            property.Value is JsonObject section
                ? Leaves(section, $"{prefix}{property.Key}.")
                : [new KeyValuePair<string, JsonNode?>(prefix + property.Key, property.Value)]
        );

    private static JsonNode? Parse(string text, JsonNode? present)
    {
        // Words need no quotes, and lists no brackets.
        if (present is JsonArray && !text.StartsWith('['))
            text = $"[{text}]";
        try
        {
            return present?.GetValueKind() == JsonValueKind.String && !text.StartsWith('"')
                ? JsonValue.Create(text)
                : JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }

    private static string Name(JsonObject given, string key) =>
        given[key] is JsonValue value && value.TryGetValue(out string? name)
            ? name
            : throw new ConfigurationException($"The configuration has no \"{key}\", or it is no text.");
}
