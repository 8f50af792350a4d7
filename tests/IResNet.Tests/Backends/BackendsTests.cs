namespace IResNet.Tests.Backends;

/// <summary>Which backend is asked, where, and for how long.</summary>
public class BackendsTests
{
    [Fact]
    public void AScopeChoosesAndEnds()
    {
        var before = IResNet.Backends.Current;
        var (one, other) = (new Recording(), new Recording());
        using (IResNet.Backends.Use(one))
        {
            Assert.Same(one, IResNet.Backends.Current);
            Assert.Equal("Backends.Use(recording)", IResNet.Backends.Reason);
            using (IResNet.Backends.Use(other))
                Assert.Same(other, IResNet.Backends.Current);
            Assert.Same(one, IResNet.Backends.Current);
        }
        Assert.Same(before, IResNet.Backends.Current);
        Assert.Throws<ArgumentNullException>(() => IResNet.Backends.Use(null!));
    }

    /// <summary>Tasks and threads that are started within a scope belong to it; those of others do not.</summary>
    [Fact]
    public async Task AScopeGoesWithItsTasksAndThreads()
    {
        var recording = new Recording();
        using var started = new ManualResetEventSlim();
        var outside = Task.Run(() =>
        {
            started.Wait(TestContext.Current.CancellationToken);
            return IResNet.Backends.Current;
        });
        using (IResNet.Backends.Use(recording))
        {
            Assert.Same(recording, await Task.Run(() => IResNet.Backends.Current));
            Backend? seen = null;
            var thread = new Thread(() => seen = IResNet.Backends.Current);
            thread.Start();
            thread.Join();
            Assert.Same(recording, seen);
            started.Set();
            Assert.NotSame(recording, await outside);
        }
    }

    /// <summary>What it refuses the reference computes, and what it serves is taken.</summary>
    [Fact]
    public void RefusedRequestsGoToTheReference()
    {
        var block = new ResidualBlock(new ConvBranch(new ImageShape(2, 4, 4), 4), new NoLogDet());
        block.eval();
        var norm = new ActNorm(2) { IsInitialized = true };
        var x = randn(9, 2, 4, 4);
        var expected = x + block.Branch.forward(x);
        var recording = new Recording();
        using (IResNet.Backends.Use(recording))
        {
            Expect.Close(block.forward(x).y, expected, 1e-6, "y");
            Expect.Near(block.Inverse(block.forward(x).y).Value, x, 1e-5, "x");
            Assert.Equal(42, norm.forward(x).y.mean().ToDouble());
        }
        Assert.Equal(["step", "linearize", "step", "linearize", "invert", "affine"], recording.Asked);
    }

    [Fact]
    public void TheEnvironmentChooses()
    {
        var installed = IResNet.Backends.Installed;
        Assert.Equal("cpu", installed?.Name);
        Assert.Same(installed, IResNet.Backends.Choose(null).Backend);
        Assert.Same(installed, IResNet.Backends.Choose("").Backend);
        Assert.Same(installed, IResNet.Backends.Choose("cpu").Backend);
        Assert.Same(IResNet.Backends.Reference, IResNet.Backends.Choose("reference").Backend);
        Assert.Equal("IRESNET_BACKEND=reference", IResNet.Backends.Choose("reference").Reason);
        var unknown = Assert.Throws<UnknownBackendException>(() => IResNet.Backends.Choose("gpu"));
        Assert.Equal(["reference", "cpu"], unknown.Known);
        Assert.Contains("IRESNET_BACKEND=gpu", unknown.Message);
        Assert.Contains("reference, cpu", unknown.Message);
    }

    /// <summary>Serves affine maps, by a number of its own, and refuses everything else.</summary>
    private sealed class Recording : Backend
    {
        public List<string> Asked { get; } = [];

        public override string Name => "recording";

        public override Answer<(Tensor y, Tensor logDet)> Step(
            ResidualBranch branch,
            LogDetEstimator estimator,
            Tensor x
        )
        {
            Asked.Add("step");
            return base.Step(branch, estimator, x);
        }

        public override Answer<Linearization> Linearize(ResidualBranch branch, Tensor x)
        {
            Asked.Add("linearize");
            return base.Linearize(branch, x);
        }

        public override Answer<InverseResult> Invert(ResidualBranch branch, InverseSolver solver, Tensor y)
        {
            Asked.Add("invert");
            return base.Invert(branch, solver, y);
        }

        public override Answer<Tensor> Affine(Tensor x, Tensor logScale, Tensor shift)
        {
            Asked.Add("affine");
            return Answer<Tensor>.Serve(() => full_like(x, 42));
        }
    }
}
