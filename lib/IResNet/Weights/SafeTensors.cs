using System.Buffers.Binary;
using System.Text.Json;

namespace IResNet;

/// <summary>
/// The safetensors format: eight bytes of header length, a JSON header with name, dtype, shape and offsets of every
/// tensor, then the raw little-endian data without gaps. Reading never executes anything and never trusts a size that
/// the file does not hold.
/// </summary>
public static class SafeTensors
{
    private const int MaxHeaderBytes = 100_000_000;
    private const string MetadataKey = "__metadata__";

    /// <summary>Reads a file.</summary>
    /// <exception cref="WeightsFormatException">The file is no valid safetensors file; the message says why, and what
    /// it is where that is known.</exception>
    public static TensorFile Load(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        try
        {
            return Read(stream);
        }
        catch (WeightsFormatException fault)
        {
            throw new WeightsFormatException($"{path}: {fault.Message}", fault);
        }
    }

    /// <summary>
    /// Reads from a seekable stream, from its present position to its end. The tensors belong to the caller, in no
    /// dispose scope.
    /// </summary>
    /// <exception cref="WeightsFormatException">The content is not valid; the message says why.</exception>
    public static TensorFile Read(Stream stream)
    {
        var (entries, metadata) = ReadHeader(stream);
        long start = stream.Position;
        var tensors = new Dictionary<string, Tensor>();
        try
        {
            foreach (var entry in entries)
            {
                var tensor = empty(entry.Shape, dtype: entry.DType, device: CPU).DetachFromDisposeScope();
                tensors.Add(entry.Name, tensor);
                stream.Position = start + entry.Begin;
                if (entry.Begin < entry.End)
                    stream.ReadExactly(tensor.bytes);
            }
        }
        catch
        {
            foreach (var tensor in tensors.Values)
                tensor.Dispose();
            throw;
        }
        return new TensorFile(tensors, metadata);
    }

    /// <summary>
    /// Writes a file as a whole, see <see cref="AtomicFile"/>, so that no reader ever meets half of it.
    /// </summary>
    /// <param name="path">Where to write; an existing file is replaced.</param>
    /// <param name="tensors">Names and tensors, written in ordinal order of the names.</param>
    /// <param name="metadata">Strings to store in the header.</param>
    public static void Save(
        string path,
        IReadOnlyDictionary<string, Tensor> tensors,
        IReadOnlyDictionary<string, string>? metadata = null
    ) => AtomicFile.Write(path, stream => Write(stream, tensors, metadata));

    /// <summary>Writes to a stream.</summary>
    /// <exception cref="ArgumentException">A tensor's type has no name in the format, or its name is the one kept for
    /// metadata.</exception>
    public static void Write(
        Stream stream,
        IReadOnlyDictionary<string, Tensor> tensors,
        IReadOnlyDictionary<string, string>? metadata = null
    )
    {
        if (tensors.ContainsKey(MetadataKey))
            throw new ArgumentException(
                $"A tensor cannot be called '{MetadataKey}': the format keeps that name.",
                nameof(tensors)
            );
        using var scope = NewDisposeScope();
        var ordered = tensors
            .OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => (pair.Key, Value: pair.Value.detach().cpu().contiguous()))
            .ToList();
        using var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(MetadataKey);
                foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                    json.WriteString(key, value);
                json.WriteEndObject();
            }
            long offset = 0;
            foreach (var (name, tensor) in ordered)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", SafeTensorsTypes.NameOf(tensor.dtype));
                json.WriteStartArray("shape");
                foreach (long size in tensor.shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.numel() * tensor.element_size());
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (header.Length % 8 != 0)
            header.WriteByte((byte)' ');

        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        header.WriteTo(stream);
        foreach (var (_, tensor) in ordered)
            if (tensor.numel() > 0)
                stream.Write(tensor.bytes);
    }

    private static (List<Entry> entries, Dictionary<string, string> metadata) ReadHeader(Stream stream)
    {
        long available = stream.Length - stream.Position - 8;
        if (available < 2)
            throw new WeightsFormatException(
                $"Not a safetensors file: {stream.Length - stream.Position} bytes are too few for a header."
            );
        Span<byte> lengthBytes = stackalloc byte[8];
        stream.ReadExactly(lengthBytes);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        if (length > MaxHeaderBytes || (long)length > available)
            throw new WeightsFormatException(
                ForeignFormat.Advice(lengthBytes) is { } advice
                    ? $"Not a safetensors file. {advice}"
                    : $"The header claims {length} bytes, but {available} bytes follow (limit {MaxHeaderBytes}). The "
                        + "file is truncated or of another format."
            );
        byte[] bytes = new byte[length];
        stream.ReadExactly(bytes);

        var (entries, metadata) = (new List<Entry>(), new Dictionary<string, string>());
        try
        {
            using var document = JsonDocument.Parse(bytes, new() { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new WeightsFormatException("The header is no JSON object.");
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.Name != MetadataKey)
                    entries.Add(Entry.Parse(property.Name, property.Value));
                else if (property.Value.ValueKind != JsonValueKind.Null) // as the reference reader takes it: none
                    foreach (var item in property.Value.EnumerateObject())
                        metadata.Add(
                            item.Name,
                            item.Value.GetString()
                                ?? throw new WeightsFormatException($"Metadata '{item.Name}' is no string.")
                        );
            }
        }
        catch (Exception fault)
            when (fault is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentException)
        {
            throw new WeightsFormatException($"The header is damaged: {fault.Message}", fault);
        }
        CheckLayout(entries, available - (long)length);
        return (entries, metadata);
    }

    /// <summary>The tensors must fill the data section exactly: no overlap, no gap, nothing beyond the end.</summary>
    private static void CheckLayout(List<Entry> entries, long dataBytes)
    {
        long expected = 0;
        foreach (var entry in entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            if (entry.Begin != expected)
                throw new WeightsFormatException(
                    $"Tensor '{entry.Name}' starts at byte {entry.Begin}, expected {expected}: tensors overlap or "
                        + "leave a gap."
                );
            expected = entry.End;
        }
        if (expected != dataBytes)
            throw new WeightsFormatException(
                $"The tensors take {expected} bytes, but the file holds {dataBytes} after the header. It is truncated "
                    + "or has a tail."
            );
    }

    private readonly record struct Entry(string Name, ScalarType DType, long[] Shape, long Begin, long End)
    {
        public static Entry Parse(string name, JsonElement json)
        {
            var dtype = SafeTensorsTypes.Parse(name, json.GetProperty("dtype").GetString());
            long[] shape = json.GetProperty("shape").EnumerateArray().Select(size => Whole(name, size)).ToArray();
            long[] offsets = json.GetProperty("data_offsets")
                .EnumerateArray()
                .Select(offset => Whole(name, offset))
                .ToArray();
            if (offsets.Length != 2 || offsets[1] < offsets[0])
                throw new WeightsFormatException(
                    $"Tensor '{name}' has offsets [{string.Join(", ", offsets)}], expected a begin and an end."
                );
            long extent = SafeTensorsTypes.Size(dtype);
            try
            {
                // A size of 0 counts as 1, as in libtorch's strides: these must not overflow even where there is
                // nothing to hold.
                foreach (long size in shape)
                    extent = checked(extent * Math.Max(size, 1));
            }
            catch (OverflowException fault)
            {
                throw new WeightsFormatException(
                    $"Tensor '{name}' has the impossible shape [{string.Join(", ", shape)}].",
                    fault
                );
            }
            long bytes = shape.Contains(0) ? 0 : extent;
            if (bytes != offsets[1] - offsets[0])
                throw new WeightsFormatException(
                    $"Tensor '{name}' of shape [{string.Join(", ", shape)}] needs {bytes} bytes, but its offsets span "
                        + $"{offsets[1] - offsets[0]}."
                );
            return new(name, dtype, shape, offsets[0], offsets[1]);
        }

        private static long Whole(string name, JsonElement number) =>
            number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out long value) && value >= 0
                ? value
                : throw new WeightsFormatException(
                    $"Tensor '{name}' has the size or offset {number}, expected a whole number of at least 0."
                );
    }
}
