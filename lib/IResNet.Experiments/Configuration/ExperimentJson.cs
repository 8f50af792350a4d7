using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace IResNet.Experiments.Configuration;

/// <summary>
/// Experiments as JSON, with every value spelled out, and changes of single values by their dotted keys.
/// </summary>
/// <remarks>
/// What has several kinds (an optimiser, an estimator) is an object with its <c>kind</c> and that kind's own settings;
/// <c>training.optimizer=sgd</c> is short for its kind. Settings that the new kind has too keep their values.
/// </remarks>
public static class ExperimentJson
{
    private const int MaxBytes = 1 << 20;
    private const string Kind = "kind";

    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        AllowOutOfOrderMetadataProperties = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { ValuesOnly } },
    };

    private static readonly JsonSerializerOptions Compact = new(Format) { WriteIndented = false };

    /// <summary>The text of a config.json.</summary>
    public static string Write(Experiment experiment) => Node(experiment).ToJsonString(Format) + "\n";

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
        var draft = new Draft(ExperimentCatalogue.Get(Name(given, "experiment"), Name(given, "preset")));
        draft.Set([.. Leaves(given, "").Where(leaf => leaf.Key is not ("experiment" or "preset"))], isFile: true);
        return draft.Finish();
    }

    /// <summary>The experiment with some values changed.</summary>
    /// <param name="experiment">Where to start.</param>
    /// <param name="assignments"><c>training.steps=500</c>; lists as <c>model.blocks=4,4</c> or <c>[4,4]</c>.</param>
    /// <exception cref="ConfigurationException">A key is unknown (the message names the nearest), or a value is
    /// impossible.</exception>
    public static Experiment With(this Experiment experiment, params IEnumerable<string> assignments)
    {
        var draft = new Draft(experiment);
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
            var present = known.GetValueOrDefault(ConfigurationKeys.Present(key));
            changes.Add(new(key, Parse(assignment[(equals + 1)..].Trim(), present)));
        }
        draft.Set(changes, isFile: false);
        return draft.Finish();
    }

    /// <summary>All keys that <see cref="With"/> takes, with their present values.</summary>
    public static IReadOnlyDictionary<string, string> Values(Experiment experiment) =>
        Leaves(Node(experiment), "")
            .ToDictionary(leaf => leaf.Key, leaf => leaf.Value?.ToJsonString(Compact) ?? "null");

    private static JsonObject Node(Experiment experiment) =>
        JsonSerializer.SerializeToNode(experiment, experiment.GetType(), Format)!.AsObject();

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

    private static string Text(JsonNode? value) => value?.ToJsonString(Compact) ?? "null";

    /// <summary>
    /// What follows from other values is not written: what has no setter, and the shape of a model's input, which the
    /// data give (<see cref="Experiment.Completed"/>).
    /// </summary>
    private static void ValuesOnly(JsonTypeInfo type)
    {
        foreach (var property in type.Properties.ToList())
            if (property.Set is null || property.PropertyType == typeof(ImageShape))
                type.Properties.Remove(property);
    }

    /// <summary>An experiment as JSON while its values are set.</summary>
    private sealed class Draft(Experiment start)
    {
        private readonly JsonObject _root = Node(start);

        /// <summary>Sets values by their keys; kinds first, whose settings the other keys may name.</summary>
        /// <param name="changes">Keys, perhaps of an earlier version, and values.</param>
        /// <param name="isFile">Whether they are a whole file. Earlier versions wrote every setting of every kind
        /// there, in use or not.</param>
        public void Set(IReadOnlyCollection<KeyValuePair<string, JsonNode?>> changes, bool isFile)
        {
            var rest = changes.Where(change => !SetKind(change.Key, change.Value)).ToList();
            string[] known = [.. Leaves(_root, "").Select(leaf => leaf.Key)];
            foreach (var (given, value) in rest)
            {
                if (given is "experiment" or "preset")
                    throw new ConfigurationException(
                        $"'{given}' cannot be changed: start from another experiment or preset instead."
                    );
                string key = ConfigurationKeys.Present(given);
                if (known.Contains(key))
                    Section(key)[key.Split('.')[^1]] = value?.DeepClone();
                else if (!(isFile && ConfigurationKeys.IsOld(given)))
                    throw Unknown(given, key, known);
            }
        }

        /// <summary>The experiment.</summary>
        public Experiment Finish()
        {
            var experiment = Deserialize();
            experiment.Validate();
            return experiment;
        }

        /// <summary>Changes the kind of what has several, if the key is one of those.</summary>
        private bool SetKind(string key, JsonNode? value)
        {
            string[] path = (
                key.EndsWith($".{Kind}", StringComparison.Ordinal) ? key[..^(Kind.Length + 1)] : key
            ).Split('.');
            if (TypeOf(path) is not { PolymorphismOptions.DerivedTypes: var kinds } declared)
                return false;
            string place = string.Join('.', path);
            var (section, last) = (Section(place), path[^1]);
            if (value is null)
            {
                section[last] = null;
                return true;
            }
            string name = value is JsonValue text && text.TryGetValue(out string? word) ? word : "";
            if (kinds.FirstOrDefault(kind => Equals(kind.TypeDiscriminator, name)).DerivedType is not { } type)
            {
                string[] all = [.. kinds.Select(kind => $"{kind.TypeDiscriminator}")];
                throw new ConfigurationException($"{place} is {Text(value)}. {Names.Advice(name, all)}");
            }
            var changed = JsonSerializer
                .SerializeToNode(Activator.CreateInstance(type), declared.Type, Format)!
                .AsObject();
            if (section[last] is JsonObject before)
                foreach (var (setting, present) in before)
                    if (setting != Kind && changed.ContainsKey(setting))
                        changed[setting] = present?.DeepClone();
            section[last] = changed;
            return true;
        }

        /// <summary>The declared type at a path; null where there is none.</summary>
        private JsonTypeInfo? TypeOf(IEnumerable<string> path)
        {
            var type = Format.GetTypeInfo(start.GetType());
            foreach (string name in path)
            {
                if (type.Properties.FirstOrDefault(property => property.Name == name) is not { } property)
                    return null;
                type = Format.GetTypeInfo(property.PropertyType);
            }
            return type;
        }

        private JsonObject Section(string key) =>
            key.Split('.')[..^1].Aggregate(_root, (parent, name) => parent[name]!.AsObject());

        private ConfigurationException Unknown(string given, string key, string[] known)
        {
            string[] path = key.Split('.');
            // A setting of a kind that is not the present one.
            if (TypeOf(path[..^1])?.PolymorphismOptions is null)
                return new($"Unknown key '{given}'. {Names.Advice(given, known)}");
            string place = string.Join('.', path[..^1]);
            string kind = Section(place)[path[^2]]?[Kind]?.GetValue<string>() ?? "null";
            return new($"Unknown key '{given}': {place} is {kind}, which has no setting '{path[^1]}'.");
        }

        private Experiment Deserialize()
        {
            try
            {
                return ((Experiment)_root.Deserialize(start.GetType(), Format)!).Completed();
            }
            catch (JsonException fault)
            {
                // The path is "$.training.steps" or "$.model.blocks[1]".
                string key = fault.Path is ['$', '.', .. var rest] ? rest : "";
                var value = key.Split('[')[0]
                    .Split('.')
                    .Aggregate((JsonNode?)_root, (parent, name) => (parent as JsonObject)?[name]);
                throw new ConfigurationException(
                    $"{key} is {Text(value)}, which is no value for it. {(fault.InnerException ?? fault).Message}",
                    fault
                );
            }
            catch (ArgumentException fault)
            {
                throw ConfigurationException.Of(fault);
            }
        }
    }
}
