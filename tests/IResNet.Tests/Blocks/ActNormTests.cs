namespace IResNet.Tests.Blocks;

/// <summary>Data-dependent initialisation, and the mark that it was done.</summary>
public class ActNormTests
{
    public static TheoryData<long[], ActNormForm> Standardised =>
        new(
            from shape in new long[][] { [64, 3], [16, 3, 5, 4] }
            from form in Enum.GetValues<ActNormForm>()
            select new TheoryDataRow<long[], ActNormForm>(shape, form)
        );

    [Theory, MemberData(nameof(Standardised))]
    public void FirstTrainingBatchComesOutStandardised(long[] shape, ActNormForm form)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(1);
        var (actNorm, x) = (Float64(3, form), 4 * Draw.Normal(shape) + 7);
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

    /// <summary>(x + b) exp(s), by the kernels in single precision as well.</summary>
    [Theory, InlineData(new long[] { 16, 2 }), InlineData(new long[] { 16, 2, 4, 4 })]
    public void ShiftFirstShiftsFirst(long[] shape)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(4);
        foreach (var type in new[] { ScalarType.Float64, ScalarType.Float32 })
        {
            var actNorm = Draw.Prepared(new ActNorm(2, ActNormForm.ShiftFirst));
            actNorm.to(type);
            var x = Draw.Normal(shape).to(type);
            long[] perChannel = [1, 2, .. shape.Skip(2).Select(_ => 1L)];
            var expected = (x + actNorm.Shift.view(perChannel)) * actNorm.LogScale.view(perChannel).exp();
            double tolerance = 8 * finfo(type).eps;
            Expect.Close(actNorm.forward(x).y, expected, tolerance, "y");
            var u = randn_like(x);
            var parameters = new Tensor[] { actNorm.LogScale, actNorm.Shift };
            var gradients = autograd.grad([actNorm.forward(x).y], parameters, [u]);
            foreach (var (gradient, plain) in gradients.Zip(autograd.grad([expected], parameters, [u])))
                Expect.Close(gradient, plain, 32 * tolerance, "gradient");
        }
    }

    private static ActNorm Float64(int channels, ActNormForm form = ActNormForm.ScaleFirst)
    {
        var actNorm = new ActNorm(channels, form);
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
