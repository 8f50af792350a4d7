using System.Text;

namespace NotebookEngine;

/// <summary>Reads text files without guessing.</summary>
public static class TextFile
{
    /// <summary>The text of a file in UTF-8, or in what its byte order mark declares.</summary>
    /// <exception cref="InvalidDataException">The file is in another encoding, where reading on would replace
    /// characters, or it is no file but a pipe, which can be read only once.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string Read(string path)
    {
        using var stream = File.OpenRead(path);
        if (!stream.CanSeek)
            throw new InvalidDataException($"{path} is a pipe or a device: save what it carries to a file first.");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var encoding = Declared(bytes);
        try
        {
            return encoding.GetString(bytes.AsSpan(encoding.Preamble.Length));
        }
        catch (DecoderFallbackException e)
        {
            string value = e.BytesUnknown is [var first, ..] ? $" (byte 0x{first:X2} at {e.Index})" : "";
            throw new InvalidDataException($"{path} is not {encoding.WebName}{value}: save it as UTF-8.", e);
        }
    }

    /// <summary>Strict, and with a preamble as long as the file's byte order mark.</summary>
    private static Encoding Declared(byte[] bytes)
    {
        Encoding[] marked =
        [
            new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true),
            new UTF32Encoding(bigEndian: false, byteOrderMark: true, throwOnInvalidCharacters: true),
            new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
            new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
        ];
        return Array.Find(marked, encoding => bytes.AsSpan().StartsWith(encoding.Preamble))
            ?? new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    }
}
