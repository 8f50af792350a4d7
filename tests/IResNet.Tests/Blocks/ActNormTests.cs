namespace IResNet.Tests.Blocks;

/// <summary>Data-dependent initialisation, and the mark that it was done.</summary>
public class ActNormTests
{
    [Theory, InlineData(new long[] { 64, 3 }), InlineData(new long[] { 16, 3, 5, 4 })]
    public void FirstTrainingBatchComesOutStandardised(long[] shape)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(1);
        var (actNorm, x) = (Float64(3), 4 * Draw.Normal(shape) + 7);
        var y = actNorm.forward(x).y.transpose(0, 1).flatten(1);
        Expect.Near(y.mean([1]), zeros(3, ScalarType.Float64), 1e-12, "mean");
        Expect.Near(y.square().mean([1]), ones(3, ScalarType.Float64), 1e-5, "variance");
        Assert.True(actNorm.IsInitialized);
    }

    [Fact]
    public void OnlyTheFirstTrainingBatchCounts()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(2);
        var actNorm = Float64(2);
        actNorm.eval();
        actNorm.forward(Draw.Normal(8, 2));
        Assert.False(actNorm.IsInitialized);
        actNorm.train();
        actNorm.forward(Draw.Normal(8, 2) + 3);
        var shift = actNorm.Shift.detach().clone();
        actNorm.forward(Draw.Normal(8, 2) - 3);
        Expect.Near(actNorm.Shift, shift, 0, "shift");
    }

    [Fact]
    public void UninitialisedIsTheIdentityInEvaluation()
    {
        using var scope = NewDisposeScope();
        var actNorm = Float64(2);
        actNorm.eval();
        var x = Draw.Normal(4, 2, 3, 3);
        var (y, logDet) = actNorm.forward(x);
        Expect.Near(y, x, 0, "y");
        Expect.Near(logDet, zeros_like(logDet), 0, "log-determinant");
    }

    /// <summary>H W times the sum of s, for every example.</summary>
    [Fact]
    public void LogDetCountsPositions()
    {
        using var scope = NewDisposeScope();
        var actNorm = Float64(2);
        using (no_grad())
            actNorm.LogScale.copy_(tensor(new[] { 0.25, -0.75 }));
        actNorm.IsInitialized = true;
        Expect.Near(
            actNorm.forward(Draw.Normal(3, 2, 4, 5)).logDet,
            full(3, -0.5 * 20, ScalarType.Float64),
            1e-12,
            "log-determinant"
        );
    }

    [Theory, InlineData(1), InlineData(8)]
    public void ConstantChannelStaysFinite(int batch)
    {
        using var scope = NewDisposeScope();
        var actNorm = Float64(2);
        var (y, logDet) = actNorm.forward(full(batch, 2, 3, 3, 5.0, dtype: ScalarType.Float64));
        Expect.Near(y, zeros_like(y), 1e-10, "y");
        // The variance's floor of 1e-5 bounds the scale.
        Expect.Near(logDet, full(batch, 2 * 9 * -0.5 * Math.Log(1e-5), ScalarType.Float64), 1e-9, "log-determinant");
    }

    [Theory, InlineData(1, 2, "single example"), InlineData(8, 1, "1 of 2 channels"), InlineData(8, 2, null)]
    public void DoubtfulInitialisationWarns(int batch, int varying, string? warning)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(3);
        var actNorm = Float64(2);
        var x = Draw.Normal(batch, 2, 3, 3);
        x.narrow(1, varying, 2 - varying).fill_(5);
        using var listener = new StringWriterListener();
        actNorm.forward(x);
        if (warning is null)
            Assert.Null(actNorm.Warning);
        else
            Assert.Contains(warning, actNorm.Warning);
        Assert.Equal(warning is not null, listener.Text.Contains("ActNorm was initialised", StringComparison.Ordinal));
    }

    [Fact]
    public void NaNBatchIsRefusedAndInitialisesNothing()
    {
        using var scope = NewDisposeScope();
        var actNorm = Float64(2);
        Assert.Throws<NonFiniteException>(() => actNorm.forward(full(3, 2, double.NaN, ScalarType.Float64)));
        Assert.False(actNorm.IsInitialized);
    }

    private static ActNorm Float64(int channels)
    {
        var actNorm = new ActNorm(channels);
        actNorm.to(ScalarType.Float64);
        return actNorm;
    }

    /// <summary>Hears what goes to <see cref="System.Diagnostics.Trace"/>.</summary>
    private sealed class StringWriterListener : System.Diagnostics.TextWriterTraceListener
    {
        public StringWriterListener()
            : base(new StringWriter()) => System.Diagnostics.Trace.Listeners.Add(this);

        public string Text => Writer!.ToString()!;

        protected override void Dispose(bool disposing)
        {
            System.Diagnostics.Trace.Listeners.Remove(this);
            base.Dispose(disposing);
        }
    }
}
