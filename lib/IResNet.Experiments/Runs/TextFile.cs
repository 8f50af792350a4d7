using System.Text;
using IResNet.Experiments.Configuration;

namespace IResNet.Experiments.Runs;

/// <summary>Text files that people edit: UTF-8, with or without a byte order mark, and nothing else.</summary>
internal static class TextFile
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads a file. Another encoding must not come back as replacement characters.</summary>
    /// <exception cref="ConfigurationException">It is not UTF-8.</exception>
    public static string Read(string path)
    {
        ReadOnlySpan<byte> bytes = File.ReadAllBytes(path);
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException fault)
        {
            string found = string.Join(' ', (fault.BytesUnknown ?? []).Select(value => $"0x{value:x2}"));
            throw new ConfigurationException(
                $"{path} is not UTF-8: byte {fault.Index + 1} ({found}) belongs to no character of it. Save the "
                    + "file as UTF-8.",
                fault
            );
        }
    }
}
