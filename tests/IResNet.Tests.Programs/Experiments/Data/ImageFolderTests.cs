using System.Buffers.Binary;
using System.Text;
using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using SkiaSharp;

namespace IResNet.Tests.Programs.Experiments.Data;

public sealed class ImageFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AFolderIsAClassAndEachFifthImageIsHeldOut()
    {
        for (int i = 0; i < 10; i++)
        {
            Png($"cats/{i:D2}.png", 8, 4, new SKColor((byte)(10 * i), 1, 2));
            Png($"dogs/{i:D2}.png", 8, 4, new SKColor((byte)(10 * i), 3, 4));
        }
        var set = await DataSets.Load($"folder:{_folder.Path}", cancel: Cancel);
        Assert.Equal(["cats", "dogs"], set.Classes);
        Assert.Equal(new ImageShape(3, 4, 8), set.Shape);
        Assert.Equal((16, 4), (set.Train.Count, set.Test.Count));
        // The classes take turns; image 4 of each is the first to be held out.
        Assert.Equal([0, 1, 0, 1], set.Train.Labels[..4].ToArray().Select(label => (int)label));
        Assert.Equal([40, 40, 90, 90], Enumerable.Range(0, 4).Select(i => (int)set.Test.Image(i)[0]));
        // Channel after channel.
        Assert.Equal([1, 2], new[] { set.Test.Image(0)[32], set.Test.Image(0)[64] }.Select(value => (int)value));
        Assert.Equal([3, 4], new[] { set.Test.Image(1)[32], set.Test.Image(1)[64] }.Select(value => (int)value));
    }

    [Fact]
    public async Task TrainAndTestDivideThemselves()
    {
        for (int i = 0; i < 10; i++)
            Png($"{(i < 7 ? "train" : "test")}/{i}.png", 4, 4, SKColors.Red);
        var set = await DataSets.Folder(_folder.Path, Cancel);
        Assert.Equal((7, 3), (set.Train.Count, set.Test.Count));
        Assert.Equal(["images"], set.Classes);
    }

    /// <summary>The same pixels in every layout.</summary>
    [Theory]
    [InlineData("10, 2, 4")]
    [InlineData("10, 2, 4, 1")]
    [InlineData("10, 1, 2, 4")]
    public async Task ArraysAreRead(string shape)
    {
        byte[] pixels = [.. Enumerable.Range(0, 80).Select(i => (byte)i)];
        Npy("a.npy", "|u1", shape, pixels);
        var set = await DataSets.Folder(_folder.Path, Cancel);
        Assert.Equal(new ImageShape(1, 2, 4), set.Shape);
        Assert.Equal(pixels[..8], set.Train.Image(0).ToArray());
        Assert.Equal(pixels[32..40], set.Test.Image(0).ToArray());
    }

    [Fact]
    public async Task ChannelsOfArraysComeFirst()
    {
        Npy("b.npy", "|u1", "10, 2, 2, 3", [.. Enumerable.Range(0, 120).Select(i => (byte)i)]);
        var set = await DataSets.Folder(_folder.Path, Cancel);
        Assert.Equal(new ImageShape(3, 2, 2), set.Shape);
        Assert.Equal([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11], set.Train.Image(0).ToArray().Select(value => (int)value));
    }

    [Fact]
    public async Task IdxAndGreyPicturesGoTogether()
    {
        byte[] idx = new byte[16 + 10 * 4];
        foreach (var (i, value) in new[] { 0x803, 10, 2, 2 }.Index())
            BinaryPrimitives.WriteInt32BigEndian(idx.AsSpan(4 * i), value);
        File.WriteAllBytes(_folder["x-idx3-ubyte"], idx);
        Png("z.png", 2, 2, SKColors.Lime);
        var set = await DataSets.Folder(_folder.Path, Cancel);
        Assert.Equal(new ImageShape(3, 2, 2), set.Shape);
        Assert.Equal(11, set.Train.Count + set.Test.Count);
    }

    [Fact]
    public async Task MixedSizesNameTheFile()
    {
        for (int i = 0; i < 12; i++)
            Png($"{i:D2}.png", i == 7 ? 5 : 4, 4, SKColors.Red);
        var fault = await Refused();
        Assert.EndsWith("07.png", fault.File);
        Assert.Contains("5x4", fault.Message);
        Assert.Contains("4x4 as in 00.png", fault.Message);
    }

    [Fact]
    public async Task DamagedPicturesNameTheFile()
    {
        for (int i = 0; i < 12; i++)
            Png($"{i:D2}.png", 16, 16, SKColors.Red);
        File.WriteAllText(_folder["03.png"], "no picture");
        Assert.EndsWith("03.png", (await Refused()).File);
        // Its header is good, its pixels are not there.
        byte[] whole = File.ReadAllBytes(_folder["04.png"]);
        File.WriteAllBytes(_folder["03.png"], whole[..(whole.Length - 30)]);
        Assert.EndsWith("03.png", (await Refused()).File);
    }

    [Theory]
    [InlineData("<f4", "2, 2, 2", 32, "Single")]
    [InlineData("|u1", "12, 2, 2", 20, "damaged")]
    [InlineData("|u1", "2000000000, 4000, 4000", 20, "damaged")]
    [InlineData("|u1", "12, 2", 24, "(12, 2)")]
    [InlineData("|u1", "12, 2, 2, 2", 96, "(12, 2, 2, 2)")]
    [InlineData("|O", "12, 2, 2", 48, "damaged")]
    public async Task WrongArraysNameTheFile(string type, string shape, int bytes, string says)
    {
        Npy("a.npy", type, shape, new byte[bytes]);
        var fault = await Refused();
        Assert.EndsWith("a.npy", fault.File);
        Assert.Contains(says, fault.Message);
    }

    [Fact]
    public async Task WhatIsNoArrayNamesTheFile()
    {
        File.WriteAllText(_folder["a.npy"], "");
        Assert.EndsWith("a.npy", (await Refused()).File);
        File.WriteAllText(_folder["a.npy"], "nonsense");
        Assert.EndsWith("a.npy", (await Refused()).File);
    }

    [Fact]
    public async Task TooFewImagesAreRefused()
    {
        Assert.Contains("0 images", (await Refused()).Message);
        Png("a.png", 4, 4, SKColors.Red);
        Assert.Contains("1 images to train with", (await Refused()).Message);
        await Assert.ThrowsAsync<DataFetchException>(() => DataSets.Folder(_folder["absent"], Cancel));
    }

    [Fact]
    public async Task AnImageBesideTheClassesIsRefused()
    {
        for (int i = 0; i < 12; i++)
            Png($"cats/{i}.png", 4, 4, SKColors.Red);
        Png("stray.png", 4, 4, SKColors.Red);
        Assert.EndsWith("stray.png", (await Refused()).File);
    }

    [Fact]
    public void AClassifierNeedsTwoClasses()
    {
        for (int i = 0; i < 12; i++)
            Png($"cats/{i}.png", 8, 8, SKColors.Red);
        var experiment = ExperimentCatalogue
            .Get("classifier-mnist", "quick")
            .With($"data.name=folder:{_folder.Path}", "data.validation=0");
        var fault = Assert.Throws<ConfigurationException>(() => experiment.CreateModel(CPU));
        Assert.Contains("one class", fault.Message);
        Png("dogs/1.png", 8, 8, SKColors.Red);
        using var model = experiment.CreateModel(CPU);
    }

    /// <summary>A folder is a data set like any other: an experiment takes it and says what is wrong.</summary>
    [Fact]
    public void AnExperimentTakesAFolder()
    {
        string assignment = $"data.name=folder:{_folder.Path}";
        var mnist = ExperimentCatalogue.Get("density-mnist", "quick");
        Assert.Contains("0 images", Assert.Throws<ConfigurationException>(() => mnist.With(assignment)).Message);
        for (int i = 0; i < 12; i++)
            Png($"{i}.png", 16, 8, SKColors.Red);
        var experiment = (DensityExperiment)mnist.With(assignment);
        Assert.Equal(new ImageShape(3, 8, 16), experiment.Model.Input);
        experiment.Validate();
    }

    private async Task<DataFormatException> Refused() =>
        await Assert.ThrowsAsync<DataFormatException>(() => DataSets.Folder(_folder.Path, Cancel));

    private void Png(string name, int width, int height, SKColor colour)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
        using var picture = new SKBitmap(width, height);
        picture.Erase(colour);
        using var data = picture.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(_folder[name], data.ToArray());
    }

    private void Npy(string name, string type, string shape, byte[] content)
    {
        string header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({shape}), }}";
        header = header.PadRight(117) + "\n";
        byte[] start = [0x93, .. Encoding.ASCII.GetBytes("NUMPY"), 1, 0, (byte)header.Length, 0];
        File.WriteAllBytes(_folder[name], [.. start, .. Encoding.ASCII.GetBytes(header), .. content]);
    }
}
