namespace IResNet;

/// <summary>The element types of the safetensors format that libtorch has too.</summary>
internal static class SafeTensorsTypes
{
    private static readonly (string Name, ScalarType Type, int Size)[] Types =
    [
        ("F64", ScalarType.Float64, 8),
        ("F32", ScalarType.Float32, 4),
        ("F16", ScalarType.Float16, 2),
        ("BF16", ScalarType.BFloat16, 2),
        ("I64", ScalarType.Int64, 8),
        ("I32", ScalarType.Int32, 4),
        ("I16", ScalarType.Int16, 2),
        ("I8", ScalarType.Int8, 1),
        ("U8", ScalarType.Byte, 1),
        ("BOOL", ScalarType.Bool, 1),
    ];

    public static ScalarType Parse(string tensor, string? name) =>
        Array.Find(Types, type => type.Name == name) is { Name: not null } found
            ? found.Type
            : throw new WeightsFormatException(
                $"Tensor '{tensor}' has the type '{name}', which is not one of "
                    + $"{string.Join(", ", Types.Select(type => type.Name))}."
            );

    public static string NameOf(ScalarType type) =>
        Array.Find(Types, entry => entry.Type == type) is { Name: not null } found
            ? found.Name
            : throw new ArgumentException(
                $"Tensors of type {type} cannot be written: the format has no name for it.",
                nameof(type)
            );

    public static int Size(ScalarType type) => Array.Find(Types, entry => entry.Type == type).Size;
}
