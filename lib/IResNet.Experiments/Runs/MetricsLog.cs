using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace IResNet.Experiments.Runs;

/// <summary>
/// A file of JSON lines, each with a step. A line is whole on the disk or cut at the end of the file, where the next
/// start removes it.
/// </summary>
internal sealed class MetricsLog : IDisposable
{
    private readonly FileStream _file;
    private readonly ArrayBufferWriter<byte> _line = new();

    private MetricsLog(FileStream file) => _file = file;

    /// <summary>Opens for appending.</summary>
    /// <param name="path">The file; made if there is none.</param>
    /// <param name="keep">Which lines stay; the others are removed first.</param>
    public static MetricsLog Open(string path, Func<JsonElement, bool> keep)
    {
        if (File.Exists(path))
        {
            var kept = new StringBuilder();
            foreach (var line in Read(path).Where(keep))
                kept.Append(line.GetRawText()).Append('\n');
            if (kept.Length != new FileInfo(path).Length)
                AtomicFile.WriteAllText(path, kept.ToString());
        }
        return new(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0));
    }

    /// <summary>The lines of a file up to the first that is cut or damaged.</summary>
    public static IReadOnlyList<JsonElement> Read(string path)
    {
        var lines = new List<JsonElement>();
        if (!File.Exists(path))
            return lines;
        byte[] bytes = ReadAll(path);
        foreach (var range in bytes.AsSpan().Split((byte)'\n'))
        {
            var text = bytes.AsSpan(range);
            // Damage must not be written back as replacement characters.
            if (!Utf8.IsValid(text))
                break;
            try
            {
                var line = JsonElement.Parse(text);
                if (
                    line.ValueKind != JsonValueKind.Object
                    || !line.TryGetProperty("step", out var step)
                    || step.ValueKind != JsonValueKind.Number
                    || !step.TryGetInt64(out _)
                )
                    break;
                lines.Add(line);
            }
            catch (JsonException)
            {
                break;
            }
        }
        return lines;
    }

    private static byte[] ReadAll(string path)
    {
        // Somebody may be appending.
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var content = new MemoryStream();
        file.CopyTo(content);
        return content.ToArray();
    }

    /// <summary>The lines that have all of some numbers: the step, then these.</summary>
    public static IEnumerable<(long Step, double[] Values)> Numbers(string path, params string[] names)
    {
        foreach (var line in Read(path))
        {
            double[] values =
            [
                .. names.Select(name =>
                    line.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
                        ? value.GetDouble()
                        : double.NaN
                ),
            ];
            if (!values.Any(double.IsNaN))
                yield return (line.GetProperty("step").GetInt64(), values);
        }
    }

    /// <summary>Appends a line: the step, then what the function writes.</summary>
    public void Append(long step, Action<Utf8JsonWriter> values)
    {
        _line.Clear();
        using (var json = new Utf8JsonWriter(_line))
        {
            json.WriteStartObject();
            json.WriteNumber("step", step);
            values(json);
            json.WriteEndObject();
        }
        _line.Write("\n"u8);
        _file.Write(_line.WrittenSpan);
    }

    /// <summary>A number, or null where it is not finite.</summary>
    public static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }

    /// <summary>To the disk itself.</summary>
    public void Flush() => _file.Flush(flushToDisk: true);

    public void Dispose() => _file.Dispose();
}
