namespace IResNet;

/// <summary>Other formats that weights come in, by their first bytes.</summary>
internal static class ForeignFormat
{
    private const string ThroughPython =
        "Save its state_dict as safetensors, in Python: "
        + "safetensors.torch.save_file(torch.load(FILE, map_location='cpu'), 'weights.safetensors').";

    /// <summary>What the file is and what to do; null for none of those known here.</summary>
    /// <param name="head">The first eight bytes.</param>
    public static string? Advice(ReadOnlySpan<byte> head) =>
        head switch
        {
            [(byte)'P', (byte)'K', 3, 4, ..] =>
                $"It is a zip archive, as PyTorch's torch.save writes them (.pt, .pth). {ThroughPython}",
            [0x80, >= 2 and <= 5, ..] =>
                $"It is a Python pickle, as PyTorch's torch.save once wrote them (.pt, .pth). {ThroughPython}",
            _ when head.StartsWith("version "u8) =>
                "It is a Git LFS pointer, not the file itself: fetch that with git lfs pull.",
            [0x89, (byte)'H', (byte)'D', (byte)'F', ..] => $"It is an HDF5 file (.h5). {ThroughPython}",
            [0x93, (byte)'N', (byte)'U', (byte)'M', ..] => $"It is a NumPy array (.npy). {ThroughPython}",
            [(byte)'G', (byte)'G', (byte)'U', (byte)'F', ..] => "It is a GGUF file: these models are not among those.",
            [0x1f, 0x8b, ..] => "It is compressed by gzip: unpack it first.",
            [(byte)'<', ..] => "It is an HTML or XML page: the download brought a page instead of the file.",
            [(byte)'{', ..] => "It is JSON, perhaps the index of several files: give the weights file itself.",
            _ => null,
        };
}
