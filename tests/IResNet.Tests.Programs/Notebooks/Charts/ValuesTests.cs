using IResNet.Notebooks;
using TorchSharp;
using Xunit;

namespace IResNet.Tests.Programs.Notebooks;

public class ValuesTests
{
    public static TheoryData<torch.ScalarType> RealTypes =>
        new(
            torch.float16,
            torch.bfloat16,
            torch.float32,
            torch.float64,
            torch.uint8,
            torch.int8,
            torch.int16,
            torch.int32,
            torch.int64,
            torch.@bool
        );

    [Theory]
    [MemberData(nameof(RealTypes))]
    public void TensorsOfAllRealTypesAreRead(torch.ScalarType type)
    {
        using var tensor = torch.tensor(new[] { 0, 1, 1 }).to(type);
        Assert.Equal([0, 1, 1], Read(tensor));
    }

    [Fact]
    public void TransposedTensorsAreReadInTheirOwnOrder()
    {
        using var matrix = torch.arange(6.0).reshape(2, 3);
        using var transposed = matrix.t();
        Assert.False(transposed.is_contiguous());
        Assert.Equal([0, 3, 1, 4, 2, 5], Read(transposed));
    }

    [Fact]
    public void EmptyScalarAndGradientTensorsAreRead()
    {
        using var empty = torch.zeros(0, 3);
        using var scalar = torch.tensor(2.5);
        using var parameter = torch.ones(2, requires_grad: true);
        Assert.Empty(Read(empty));
        Assert.Equal([2.5], Read(scalar));
        Assert.Equal([1, 1], Read(parameter));
    }

    [Fact]
    public void ReadingLeavesTheTensorAliveAndNoOtherBehind()
    {
        using var tensor = torch.arange(6.0, dtype: torch.float64);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Read(tensor);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.False(tensor.IsInvalid);

        using var leaked = torch.ones(1);
        Assert.NotEqual(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void ValuesAreACopy()
    {
        double[] source = [1, 2];
        Values values = source;
        source[0] = 9;
        Assert.Equal([1, 2], values.Items);
    }

    [Fact]
    public void DisposedAndComplexTensorsAreRefused()
    {
        var disposed = torch.ones(2);
        disposed.Dispose();
        using var complex = torch.zeros(2, dtype: torch.complex64);
        Assert.Contains("disposed", Assert.Throws<ArgumentException>(() => Read(disposed)).Message);
        Assert.Contains(".real", Assert.Throws<ArgumentException>(() => Read(complex)).Message);
    }

    private static double[] Read(torch.Tensor tensor)
    {
        Values values = tensor;
        return values.Items;
    }
}
