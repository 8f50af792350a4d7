using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace IResNet.Tests.Weights;

/// <summary>Round trips through the format, and what it looks like on disk.</summary>
public sealed class SafeTensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<ScalarType> Types =>
        new(
            ScalarType.Float64,
            ScalarType.Float32,
            ScalarType.Float16,
            ScalarType.BFloat16,
            ScalarType.Int64,
            ScalarType.Int32,
            ScalarType.Int16,
            ScalarType.Int8,
            ScalarType.Byte,
            ScalarType.Bool
        );

    [Theory, MemberData(nameof(Types))]
    public void EveryTypeAndShapeTravels(ScalarType type)
    {
        using var scope = NewDisposeScope();
        Draw.Seed((int)type);
        long[][] shapes =
        [
            [],
            [1],
            [5],
            [2, 3],
            [2, 1, 4],
            [0],
            [0, 3],
            [3, 0, 2],
            [1, 1, 1, 1, 1, 1, 1],
        ];
        var tensors = shapes.ToDictionary(
            shape => $"t[{string.Join(",", shape)}]",
            shape => (10 * randn(shape)).to(type)
        );
        using var file = RoundTrip(tensors);
        AssertSame(tensors, file.Tensors);
    }

    [Fact]
    public void SpecialNumbersTravelBitForBit()
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>
        {
            ["f32"] = tensor(
                new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity, -0f, float.Epsilon, float.MaxValue }
            ),
            ["f64"] = tensor(new[] { double.NaN, double.NegativeInfinity, -0.0, double.Epsilon, double.MinValue }),
            ["i64"] = tensor(new[] { long.MinValue, long.MaxValue }),
        };
        using var file = RoundTrip(tensors);
        foreach (var (name, tensor) in tensors)
            Assert.Equal(tensor.bytes.ToArray(), file[name].bytes.ToArray());
    }

    /// <summary>Views, transposes, parameters with gradients: what is stored is the tensor, not its memory.</summary>
    [Fact]
    public void StridedTensorsTravel()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(1);
        var x = randn(4, 6);
        var tensors = new Dictionary<string, Tensor>
        {
            ["transposed"] = x.t(),
            ["slice"] = x.narrow(1, 2, 3),
            ["expanded"] = randn(1, 3).expand(4, 3),
            ["parameter"] = new Parameter(randn(3)),
            ["scalar of a matrix"] = x[1, 2],
        };
        using var file = RoundTrip(tensors);
        AssertSame(tensors, file.Tensors);
        Assert.All(file.Tensors.Values, tensor => Assert.False(tensor.requires_grad));
    }

    [Fact]
    public void NamesAndMetadataTravel()
    {
        using var scope = NewDisposeScope();
        string[] names = ["", " ", "a.b.c", "Zürich", "数", "\"quoted\" \\ /", "tab\tnew\nline", "😀", "<>&'+"];
        var tensors = names
            .Select((name, i) => (name, i))
            .ToDictionary(pair => pair.name, pair => full(2, pair.i, ScalarType.Int32));
        var metadata = names.ToDictionary(name => "m" + name, name => name + "!");
        using var file = RoundTrip(tensors, metadata);
        AssertSame(tensors, file.Tensors);
        Assert.Equal(metadata.OrderBy(pair => pair.Key), file.Metadata.OrderBy(pair => pair.Key));
    }

    [Fact]
    public void EmptyFileTravels()
    {
        using var file = RoundTrip([]);
        Assert.Empty(file.Tensors);
        Assert.Empty(file.Metadata);
    }

    /// <summary>Length, JSON padded to eight bytes, data without gaps: read here without the library.</summary>
    [Fact]
    public void LayoutIsThatOfTheFormat()
    {
        using var scope = NewDisposeScope();
        var stream = new MemoryStream();
        SafeTensors.Write(
            stream,
            new Dictionary<string, Tensor> { ["b"] = tensor(new[] { 1f, 2f }), ["a"] = tensor(new long[] { 7 }) },
            new Dictionary<string, string> { ["k"] = "v" }
        );
        byte[] bytes = stream.ToArray();
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        Assert.Equal(0, header % 8);
        Assert.Equal(8 + header + 16, bytes.Length);
        using var json = JsonDocument.Parse(Encoding.UTF8.GetString(bytes, 8, header));
        Assert.Equal("v", json.RootElement.GetProperty("__metadata__").GetProperty("k").GetString());
        var (a, b) = (json.RootElement.GetProperty("a"), json.RootElement.GetProperty("b"));
        Assert.Equal(("I64", "F32"), (a.GetProperty("dtype").GetString(), b.GetProperty("dtype").GetString()));
        Assert.Equal(
            [0, 8, 8, 16],
            a.GetProperty("data_offsets")
                .EnumerateArray()
                .Concat(b.GetProperty("data_offsets").EnumerateArray())
                .Select(offset => offset.GetInt32())
        );
        Assert.Equal(7, BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8 + header)));
        Assert.Equal(2f, BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(8 + header + 12)));
    }

    /// <summary>A header as another writer may make it: other order, spaces, extra keys within the metadata.</summary>
    [Fact]
    public void ForeignFilesAreRead()
    {
        using var file = SafeTensors.Read(
            Handmade.File(
                """  { "late" : {"shape":[2],"data_offsets":[4,12],"dtype":"F32"}, """
                    + """ "__metadata__": {"format":"pt"}, """
                    + """ "early":{"dtype":"I32","shape":[],"data_offsets":[0,4]} } """,
                [.. BitConverter.GetBytes(42), .. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(-2f)]
            )
        );
        Assert.Equal(42, file["early"].item<int>());
        Assert.Equal([1.5f, -2f], file["late"].data<float>().ToArray());
        Assert.Equal("pt", file.Metadata["format"]);
        var fault = Assert.Throws<WeightsFormatException>(() => file["absent"]);
        Assert.Contains("absent", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadingStartsWhereTheStreamStands()
    {
        using var scope = NewDisposeScope();
        var stream = new MemoryStream();
        stream.Write([1, 2, 3]);
        SafeTensors.Write(stream, new Dictionary<string, Tensor> { ["x"] = tensor(new[] { 5.0 }) });
        stream.Position = 3;
        using var file = SafeTensors.Read(stream);
        Assert.Equal(5, file["x"].ToDouble());
    }

    [Fact]
    public void SavingReplacesTheOldFileAndLeavesNothingElse()
    {
        using var scope = NewDisposeScope();
        string path = Path.Combine(_folder.Path, "w.safetensors");
        foreach (double value in new[] { 1.0, 2.0 })
        {
            SafeTensors.Save(path, new Dictionary<string, Tensor> { ["x"] = tensor(value) });
            using var file = SafeTensors.Load(path);
            Assert.Equal(value, file["x"].ToDouble());
        }
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    /// <summary>A save that fails half way, or before, leaves the old file and no temporary one.</summary>
    [Fact]
    public void FailedSaveLeavesTheOldFile()
    {
        using var scope = NewDisposeScope();
        string path = Path.Combine(_folder.Path, "w.safetensors");
        SafeTensors.Save(path, new Dictionary<string, Tensor> { ["x"] = tensor(1.0) });
        byte[] old = File.ReadAllBytes(path);
        var disposed = zeros(3);
        disposed.Dispose();
        Assert.Throws<ArgumentException>(() =>
            SafeTensors.Save(path, new Dictionary<string, Tensor> { ["x"] = zeros(2, ScalarType.ComplexFloat32) })
        );
        Assert.ThrowsAny<Exception>(() =>
            SafeTensors.Save(path, new Dictionary<string, Tensor> { ["a"] = zeros(2), ["x"] = disposed })
        );
        Assert.Throws<ArgumentException>(() =>
            SafeTensors.Save(path, new Dictionary<string, Tensor> { ["__metadata__"] = zeros(2) })
        );
        Assert.Equal(old, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void SavingWhereNoFileCanBeIsAnError()
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor> { ["x"] = tensor(1.0) };
        Assert.ThrowsAny<IOException>(() =>
            SafeTensors.Save(Path.Combine(_folder.Path, "absent", "w.safetensors"), tensors)
        );
        string folder = Path.Combine(_folder.Path, "folder");
        Directory.CreateDirectory(folder);
        Assert.ThrowsAny<Exception>(() => SafeTensors.Save(folder, tensors));
        Assert.Empty(Directory.GetFiles(_folder.Path));
        Assert.Throws<FileNotFoundException>(() => SafeTensors.Load(Path.Combine(_folder.Path, "absent.safetensors")));
    }

    /// <summary>A reader that has the old file open keeps the old content: the new one is another file.</summary>
    [Fact]
    public void ReadersNeverMeetHalfAFile()
    {
        using var scope = NewDisposeScope();
        string path = Path.Combine(_folder.Path, "w.safetensors");
        SafeTensors.Save(path, new Dictionary<string, Tensor> { ["x"] = tensor(1.0) });
        using var reader = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        SafeTensors.Save(path, new Dictionary<string, Tensor> { ["x"] = tensor(2.0) });
        using var file = SafeTensors.Read(reader);
        Assert.Equal(1, file["x"].ToDouble());
    }

    /// <summary>Loaded tensors belong to the file, whatever scope is open, and go with it.</summary>
    [Fact]
    public void TensorsBelongToTheFile()
    {
        string path = Path.Combine(_folder.Path, "w.safetensors");
        using (NewDisposeScope())
            SafeTensors.Save(path, new Dictionary<string, Tensor> { ["x"] = tensor(1.0), ["y"] = zeros(3) });
        TensorFile? file = null;
        Assert.Equal(
            2,
            LiveTensors.Growth(() =>
            {
                using (NewDisposeScope())
                    file = SafeTensors.Load(path);
            })
        );
        Assert.False(file!["x"].IsInvalid);
        Assert.Equal(-2, LiveTensors.Growth(file.Dispose));
    }

    private TensorFile RoundTrip(Dictionary<string, Tensor> tensors, Dictionary<string, string>? metadata = null)
    {
        string path = Path.Combine(_folder.Path, "round.safetensors");
        SafeTensors.Save(path, tensors, metadata);
        return SafeTensors.Load(path);
    }

    private static void AssertSame(Dictionary<string, Tensor> expected, IReadOnlyDictionary<string, Tensor> actual)
    {
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, tensor) in expected)
        {
            Assert.Equal(tensor.dtype, actual[name].dtype);
            Assert.Equal(tensor.shape, actual[name].shape);
            Assert.True(tensor.eq(actual[name]).all().ToBoolean(), name);
        }
    }
}
