using System.Text;

namespace IResNet.Tests.Weights;

/// <summary>Files of other formats are named, and names behind PyTorch's wrappers are taken.</summary>
public sealed class ForeignFormatTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("PK\u0003\u0004aaaaaaaaaaaaaaaaaaaa", "torch.save")]
    [InlineData("\u0080\u0002\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019.", "pickle")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n", "git lfs pull")]
    [InlineData("\u0089HDF\r\n\u001a\naaaaaaaaaaaa", "HDF5")]
    [InlineData("\u0093NUMPY\u0001\u0000v\u0000{'descr': '<f4'}", "NumPy")]
    [InlineData("GGUF\u0003\u0000\u0000\u0000aaaaaaaaaaaa", "GGUF")]
    [InlineData("\u001f\u008b\u0008\u0000\u0000\u0000\u0000\u0000aaaaaaaa", "gzip")]
    [InlineData("<!DOCTYPE html><html></html>", "HTML")]
    [InlineData("{ \"weight_map\": {} }", "JSON")]
    [InlineData("nothing that anybody knows", "of another format")]
    public void OtherFormatsAreNamed(string content, string word)
    {
        File.WriteAllBytes(_folder["w.safetensors"], Encoding.Latin1.GetBytes(content));
        var fault = Assert.Throws<WeightsFormatException>(() => SafeTensors.Load(_folder["w.safetensors"]));
        Assert.Contains(word, fault.Message);
        Assert.StartsWith(_folder["w.safetensors"], fault.Message);
    }

    /// <summary>A length that only looks like another format's first bytes is a length.</summary>
    [Fact]
    public void AHeaderOf640BytesIsNoPickle()
    {
        string header = "{}".PadRight(0x0280);
        Assert.Empty(SafeTensors.Read(Handmade.File(header, [])).Tensors);
    }

    [Fact]
    public void NullIsNoMetadata()
    {
        string header = """{"__metadata__":null,"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""";
        using var file = SafeTensors.Read(Handmade.File(header, [7]));
        Assert.Empty(file.Metadata);
        Assert.Equal(7, file["a"].ToByte());
    }

    [Theory]
    [InlineData("module.")]
    [InlineData("_orig_mod.")]
    [InlineData("module._orig_mod.")]
    public void WrappersOfPyTorchAreTakenOff(string wrapper)
    {
        using var scope = NewDisposeScope();
        var target = new Dictionary<string, Tensor> { ["a"] = zeros(2), ["b.c"] = zeros(3) };
        StateDict.Copy(target.ToDictionary(pair => wrapper + pair.Key, pair => ones_like(pair.Value)), target);
        Assert.All(target.Values, tensor => Assert.True((tensor == 1).all().ToBoolean()));
    }

    [Fact]
    public void AWrapperOfSomeNamesIsNone()
    {
        using var scope = NewDisposeScope();
        var target = new Dictionary<string, Tensor> { ["a"] = zeros(2), ["b"] = zeros(3) };
        Assert.Throws<WeightsFormatException>(() =>
            StateDict.Copy(new Dictionary<string, Tensor> { ["module.a"] = ones(2), ["b"] = ones(3) }, target)
        );
        var own = new Dictionary<string, Tensor> { ["module.a"] = zeros(2) };
        StateDict.Copy(new Dictionary<string, Tensor> { ["module.a"] = ones(2) }, own);
        Assert.True((own["module.a"] == 1).all().ToBoolean());
    }

    /// <summary>The official code's names behind a wrapper, through the way that iresnet import takes.</summary>
    [Fact]
    public void OfficialNamesBehindAWrapperLoad()
    {
        using var scope = NewDisposeScope();
        var config = new FlowConfig
        {
            Input = new(1, 4, 4),
            Blocks = [1],
            Strides = [1],
            Hidden = [4],
        };
        using var source = new MultiscaleFlow(config);
        using var target = new MultiscaleFlow(config);
        var state = OfficialWeights
            .Named(source)
            .ToDictionary(pair => "module." + pair.Key, pair => pair.Value.detach().clone());
        IResNet.Experiments.Runs.Exchange.Load(new(target, target), state);
        foreach (var (name, tensor) in OfficialWeights.Named(target))
            Assert.True((tensor == state["module." + name]).all().ToBoolean(), name);
    }
}
