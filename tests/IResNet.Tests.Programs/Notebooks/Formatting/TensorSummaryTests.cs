using IResNet.Notebooks;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace IResNet.Tests.Programs.Notebooks;

public class TensorSummaryTests
{
    [Fact]
    public void AVectorIsShownWithItsRange()
    {
        using var tensor = torch.tensor(new[] { 1f, 2f, 6f });
        Assert.Equal("float32 [3] on cpu\nmin 1, mean 3, max 6\n[1, 2, 6]", TensorSummary.Of(tensor));
    }

    [Fact]
    public void AMatrixIsShownByRowsAndAViewInItsOwnOrder()
    {
        using var matrix = arange(4, int64).reshape(2, 2);
        using var transposed = matrix.t();
        Assert.Equal("int64 [2, 2] on cpu\nmin 0, mean 1.5, max 3\n[0, 2]\n[1, 3]", TensorSummary.Of(transposed));
    }

    [Fact]
    public void LargeTensorsAreShortened()
    {
        using var images = zeros(64, 3, 32, 32, requires_grad: true);
        using var long_ = arange(1000, int64);
        using var tall = zeros(1000, 1000);
        Assert.Equal(
            "float32 [64, 3, 32, 32] on cpu, requires grad\nmin 0, mean 0, max 0\n[0, 0, 0, :] = [0, 0, 0, 0, …, 0, "
                + "0, 0, 0]",
            TensorSummary.Of(images)
        );
        Assert.EndsWith("[0, 1, 2, 3, …, 996, 997, 998, 999]", TensorSummary.Of(long_));
        Assert.Equal(2 + 9, TensorSummary.Of(tall).Split('\n').Length);
    }

    [Fact]
    public void ScalarsAreNumbers()
    {
        using var real = torch.tensor(2.5f);
        using var half = real.to(bfloat16);
        using var whole = torch.tensor(7L);
        using var truth = torch.tensor(true);
        Assert.Equal(["2.5", "2.5", "7", "true"], new[] { real, half, whole, truth }.Select(TensorSummary.Of));
    }

    [Fact]
    public void WhatIsNotFiniteIsCountedAndLeftOutOfTheRange()
    {
        using var tensor = torch.tensor(new[] { 1, double.NaN, 3, double.PositiveInfinity });
        using var nothing = full(2, double.NaN);
        Assert.Contains("min 1, mean 2, max 3, 2 not finite", TensorSummary.Of(tensor));
        Assert.Contains("no finite value", TensorSummary.Of(nothing));
    }

    [Fact]
    public void BooleansAreCounted()
    {
        using var mask = torch.tensor(new[] { true, false, true });
        Assert.Equal("bool [3] on cpu\n2 of 3 true\n[true, false, true]", TensorSummary.Of(mask));
    }

    [Fact]
    public void EmptyComplexAndDisposedTensorsSayWhatTheyAre()
    {
        using var empty = zeros(0, 3);
        using var complex = zeros(2, dtype: complex64);
        var disposed = zeros(1);
        disposed.Dispose();
        Assert.Equal("float32 [0, 3] on cpu", TensorSummary.Of(empty));
        Assert.Equal("complex64 [2] on cpu", TensorSummary.Of(complex));
        Assert.Equal("disposed tensor", TensorSummary.Of(disposed));
    }

    [Fact]
    public void NoTemporaryIsLeftBehind()
    {
        using var tensor = torch.tensor(new[] { 1, double.NaN, 3 });
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        TensorSummary.Of(tensor);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void AModuleTellsHowMuchItLearns()
    {
        using var module = nn.Sequential(nn.Linear(10, 100), nn.ReLU());
        module.eval();
        Assert.Equal("Sequential: 1,100 parameters in 2 tensors, float32 on cpu, evaluation", ModuleSummary.Of(module));
    }
}
