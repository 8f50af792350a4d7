using System.Text;

namespace IResNet;

/// <summary>
/// Replaces files whole: written under a temporary name in the same folder, flushed to the disk and renamed. A crash at
/// any moment leaves the former file or the new one, never half of one.
/// </summary>
public static class AtomicFile
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes text as UTF-8 without a byte order mark.</summary>
    /// <inheritdoc cref="Write" path="/exception"/>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="text">Its new content.</param>
    public static void WriteAllText(string path, string text) => Write(path, file => file.Write(Utf8.GetBytes(text)));

    /// <summary>Writes what a function puts into a stream.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="content">Writes the new content. Where it throws, the file stays as it was.</param>
    /// <exception cref="IOException">The folder is not there, or the disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public static void Write(string path, Action<Stream> content)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                content(file);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
