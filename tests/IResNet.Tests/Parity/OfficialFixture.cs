using System.Globalization;
using System.Text.Json;

namespace IResNet.Tests.Parity;

/// <summary>One file: its tensors, and its configuration as ours.</summary>
internal sealed class OfficialFixture(TensorFile file) : IDisposable
{
    public Tensor this[string name] => file[name];

    public bool Has(string name) => file.Tensors.ContainsKey(name);

    public bool Says(string key) => file.Metadata.ContainsKey(key);

    public int Int(string key) => int.Parse(file.Metadata[key], CultureInfo.InvariantCulture);

    public double Number(string key) => double.Parse(file.Metadata[key], CultureInfo.InvariantCulture);

    public string Text(string key) => file.Metadata[key];

    public bool Flag(string key, bool otherwise) =>
        file.Metadata.TryGetValue(key, out string? value) ? bool.Parse(value) : otherwise;

    public int[] List(string key) => JsonSerializer.Deserialize<int[]>(file.Metadata[key])!;

    public double[] Numbers(string key) => JsonSerializer.Deserialize<double[]>(file.Metadata[key])!;

    /// <summary>An entry that is JSON itself.</summary>
    public JsonElement Json(string key) => JsonSerializer.Deserialize<JsonElement>(file.Metadata[key]);

    public ImageShape Shape =>
        List("in_shape") is [var channels, var height, var width]
            ? new(channels, height, width)
            : throw new FormatException("in_shape");

    /// <summary>The tensors below a prefix, without it.</summary>
    public Dictionary<string, Tensor> Below(string prefix) =>
        file
            .Tensors.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key[prefix.Length..], pair => pair.Value);

    public SpectralNormOptions SpectralNorm =>
        new() { Coefficient = Number("coeff"), PowerIterations = Int("power_iterations") };

    public ActivationKind Activation =>
        OfficialActivations.Of(
            file.Metadata.GetValueOrDefault("nonlin")
                ?? file.Metadata.GetValueOrDefault("activation_fn")
                ?? Text("activation")
        );

    public FlowConfig Config =>
        new()
        {
            Input = Shape,
            Blocks = List("nBlocks"),
            Strides = List("nStrides"),
            Hidden = List("nChannels"),
            Padding = file.Metadata.ContainsKey("inj_pad") ? Int("inj_pad") : 0,
            InitialSqueeze = Flag("init_squeeze", otherwise: file.Metadata.GetValueOrDefault("init_ds") == "2"),
            Activation = Activation,
            SpectralNorm = SpectralNorm,
            ActNorm = Flag("actnorm", otherwise: true),
        };

    public void Dispose() => file.Dispose();
}
