using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace IResNet;

/// <summary>
/// The orders of the norms in a chain of layers, as a configuration writes them: <c>2</c> for the 2-norm everywhere,
/// <c>inf</c>, <c>1</c> or <c>learned</c> likewise; or one per place, before the first layer and behind each, such as
/// <c>2,inf,inf,2</c>. The last is the first, so that the branch contracts in one norm.
/// </summary>
[JsonConverter(typeof(Json))]
public sealed record NormOrders
{
    private const string Infinity = "inf",
        LearnedName = "learned";

    private NormOrders(string text) => Text = text;

    /// <summary>2-norms: spectral normalization.</summary>
    public static NormOrders Euclidean { get; } = new("2");

    /// <summary>Infinity norms: the largest sum of absolute weights of an output.</summary>
    public static NormOrders Maximum { get; } = new(Infinity);

    /// <summary>Learned orders, which start at 2.</summary>
    public static NormOrders Learned { get; } = new(LearnedName);

    /// <summary>As a configuration writes it.</summary>
    public string Text { get; }

    /// <summary>Reads orders.</summary>
    /// <param name="text">Numbers of at least 1, <c>inf</c> or <c>learned</c>, with commas between them.</param>
    /// <exception cref="ArgumentException">A part is none of these, or the last differs from the first.</exception>
    public static NormOrders Parse(string text)
    {
        string[] parts = [.. text.Split(',', StringSplitOptions.TrimEntries).Select(Canonical)];
        if (parts[0] != parts[^1])
            throw new ArgumentException(
                $"The orders '{text}' lead from {parts[0]} to {parts[^1]}, but a branch contracts only in one norm: "
                    + $"end with {parts[0]}.",
                nameof(text)
            );
        return new(string.Join(',', parts));
    }

    /// <summary>The norms of the layers of a chain, in the order of application; fresh ones at each call.</summary>
    /// <param name="layers">How many layers.</param>
    /// <param name="update">When their norms are to be brought up to their weights.</param>
    /// <exception cref="ArgumentException">The number of orders does not fit.</exception>
    public IReadOnlyList<InducedNorm> ForChain(int layers, NormUpdate update = NormUpdate.BeforeStep)
    {
        string[] parts = Text.Split(',');
        if (parts.Length != 1 && parts.Length != layers + 1)
            throw new ArgumentException(
                $"{parts.Length} orders ({Text}) do not fit {layers} layers in a row: give one for all, or "
                    + $"{layers + 1}, before the first layer and behind each."
            );
        var places = Enumerable.Range(0, layers).Select(i => Order(parts[parts.Length == 1 ? 0 : i])).ToList();
        return [.. places.Select((domain, i) => InducedNorm.Between(domain, places[(i + 1) % layers], update))];
    }

    /// <summary>As a configuration writes it.</summary>
    public override string ToString() => Text;

    internal static ArgumentOutOfRangeException BadOrder(string text, object? value) =>
        new(
            nameof(text),
            value,
            $"The order of a norm must be 1 or more, inf or learned, but is {text}: below 1 there is no norm."
        );

    private static string Canonical(string part) =>
        part is Infinity or LearnedName ? part
        : double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= 1
            ? double.IsInfinity(value) ? Infinity
                : value.ToString(CultureInfo.InvariantCulture)
        : throw BadOrder($"'{part}'", part);

    private static NormOrder Order(string part) =>
        part switch
        {
            LearnedName => new LearnedOrder(),
            Infinity => new FixedOrder(double.PositiveInfinity),
            _ => new FixedOrder(double.Parse(part, CultureInfo.InvariantCulture)),
        };

    private sealed class Json : JsonConverter<NormOrders>
    {
        public override NormOrders Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
        {
            try
            {
                return Parse(
                    reader.TokenType == JsonTokenType.Number
                        ? reader.GetDouble().ToString(CultureInfo.InvariantCulture)
                        : reader.GetString() ?? ""
                );
            }
            catch (Exception fault) when (fault is ArgumentException or InvalidOperationException)
            {
                throw new JsonException(fault.Message, fault);
            }
        }

        public override void Write(Utf8JsonWriter writer, NormOrders value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Text);
    }
}
