using System.Security.Cryptography;

namespace IResNet.Experiments.Data;

/// <summary>The published checksum of a file.</summary>
/// <param name="Kind">SHA256 or MD5.</param>
/// <param name="Hex">The digest, lower-case hexadecimal.</param>
public sealed record Checksum(HashAlgorithmName Kind, string Hex)
{
    /// <summary>A SHA-256 digest.</summary>
    public static Checksum Sha256(string hex) => new(HashAlgorithmName.SHA256, hex);

    /// <summary>An MD5 digest: it finds damage, not malice. Used where the publisher gives no other.</summary>
    public static Checksum Md5(string hex) => new(HashAlgorithmName.MD5, hex);

    /// <summary>The digest of what is left in a stream, lower-case hexadecimal.</summary>
    public string Of(Stream content) => Convert.ToHexStringLower(CryptographicOperations.HashData(Kind, content));

    /// <summary>The digest of bytes, lower-case hexadecimal.</summary>
    public string Of(ReadOnlySpan<byte> content) =>
        Convert.ToHexStringLower(CryptographicOperations.HashData(Kind, content));

    /// <summary>The SHA-256 digest of a file, lower-case hexadecimal.</summary>
    public static string Sha256OfFile(string path) => Sha256("").OfFile(path);

    /// <summary>The digest of a file, lower-case hexadecimal.</summary>
    public string OfFile(string path)
    {
        using var file = File.OpenRead(path);
        return Of(file);
    }
}
