using System.Security.Cryptography;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Runs;

/// <summary>One safetensors file of a checkpoint, and its hash.</summary>
internal static class CheckpointPart
{
    /// <summary>Writes a file, to the disk itself.</summary>
    public static CheckpointManifest.Part Write(string path, IReadOnlyDictionary<string, Tensor> tensors)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
        using var hash = SHA256.Create();
        using (var hashing = new CryptoStream(file, hash, CryptoStreamMode.Write, leaveOpen: true))
            SafeTensors.Write(hashing, tensors);
        file.Flush(flushToDisk: true);
        return new(file.Length, Convert.ToHexStringLower(hash.Hash!));
    }

    /// <summary>Reads a file that must be the one in the manifest and must hold tensors like the given ones.</summary>
    /// <exception cref="CheckpointException">It is not; the message says how.</exception>
    public static TensorFile Read(
        string path,
        CheckpointManifest.Part expected,
        IReadOnlyDictionary<string, Tensor> like
    )
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            if (file.Length != expected.Bytes)
                throw new CheckpointException(
                    path,
                    $"it has {file.Length:N0} bytes, but the manifest says {expected.Bytes:N0}: it is cut or damaged."
                );
            string hash = Convert.ToHexStringLower(SHA256.HashData(file));
            if (hash != expected.Sha256)
                throw new CheckpointException(
                    path,
                    $"its SHA-256 is {hash}, but the manifest says {expected.Sha256}: it is damaged."
                );
            file.Position = 0;
            var read = SafeTensors.Read(file);
            try
            {
                Compare(path, read.Tensors, like);
                return read;
            }
            catch
            {
                read.Dispose();
                throw;
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or WeightsFormatException)
        {
            throw new CheckpointException(path, $"it cannot be read: {fault.Message}", fault);
        }
    }

    /// <summary>Same names, shapes and types, and finite numbers.</summary>
    private static void Compare(
        string path,
        IReadOnlyDictionary<string, Tensor> read,
        IReadOnlyDictionary<string, Tensor> like
    )
    {
        if (like.Keys.Except(read.Keys).FirstOrDefault() is { } missing)
            throw new CheckpointException(path, $"the model's '{missing}' is not in it.");
        if (read.Keys.Except(like.Keys).FirstOrDefault() is { } unknown)
            throw new CheckpointException(path, $"it has '{unknown}', which the model has not.");
        foreach (var (name, tensor) in read)
        {
            var target = like[name];
            if (tensor.dtype != target.dtype || !tensor.shape.SequenceEqual(target.shape))
                throw new CheckpointException(
                    path,
                    $"'{name}' is {tensor.dtype} [{string.Join(", ", tensor.shape)}], but the model needs "
                        + $"{target.dtype} [{string.Join(", ", target.shape)}]."
                );
            using var scope = NewDisposeScope();
            if (tensor.is_floating_point() && !tensor.ReadIsFinite())
                throw new CheckpointException(path, $"'{name}' holds NaN or an infinity.");
        }
    }
}
