using System.Text.Json;
using System.Text.Json.Serialization;

namespace IResNet;

/// <summary>Writes a choice by its name, in camel case, and finds it again among the library's own.</summary>
internal abstract class KindConverter<T>(string what, IReadOnlyList<T> known, Func<T, string> name) : JsonConverter<T>
{
    /// <summary>A null is refused as any other text is.</summary>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        string? text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return known.FirstOrDefault(kind => name(kind).Equals(text, StringComparison.OrdinalIgnoreCase))
            ?? throw new JsonException(
                $"There is no {what} of that name: choose one of {string.Join(", ", known.Select(Written))}. One of "
                    + "your own has to be given in code."
            );
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Written(value));

    private string Written(T kind) => JsonNamingPolicy.CamelCase.ConvertName(name(kind));
}
