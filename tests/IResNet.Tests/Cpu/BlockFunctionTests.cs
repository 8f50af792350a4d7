namespace IResNet.Tests.Cpu;

/// <summary>What holds for each kernel that is the training step of a block.</summary>
public abstract class BlockFunctionTests
{
    // A few float32 rounding units: sums here are as long as torch's own, which stays within the same bound.
    private protected const double Tolerance = 5e-6;

    /// <summary>A block whose groups, tiles and threads are partly empty.</summary>
    private protected abstract BlockSetting Uneven { get; }

    /// <summary>Bit for bit, whatever the number of threads.</summary>
    [Fact]
    public void ThreadsDoNotChangeResults()
    {
        var setting = Uneven;
        var one = setting.Fast(setting.Probe);
        set_num_threads(3);
        try
        {
            foreach (var (name, value) in setting.Fast(setting.Probe))
                Assert.True(value.equal(one[name]).all().ToBoolean(), name);
        }
        finally
        {
            set_num_threads(1);
        }
    }

    /// <summary>
    /// A retained graph gives the same gradient again, though the first pass has given its memory back and another step
    /// has used it.
    /// </summary>
    [Fact]
    public void ARetainedGraphCanBeDifferentiatedTwice()
    {
        var setting = Uneven;
        var branch = setting.Branch;
        var x = setting.X.clone().requires_grad_();
        var (y, logDet) = setting.Kernel(x, setting.Probe);
        var loss = y.square().sum() + logDet!.sum();
        loss.backward(retain_graph: true);
        var (first, weight) = (x.grad!.clone(), branch.Layers[1].Weight.grad!.clone());
        setting.Fast(setting.Probe);
        x.grad = null;
        branch.zero_grad();
        loss.backward();
        Assert.True(x.grad!.equal(first).all().ToBoolean());
        Assert.True(branch.Layers[1].Weight.grad!.equal(weight).all().ToBoolean());
    }

    /// <summary>Steps leave nothing behind.</summary>
    [Fact]
    public void DoesNotLeak()
    {
        var setting = Uneven;
        void Step()
        {
            using var scope = NewDisposeScope();
            using var backend = Kernels.Use();
            using var step = SpectralStep.Begin(setting.Branch.Layers);
            setting.Fast(setting.Probe);
        }
        Step();
        Assert.Equal(0, LiveTensors.Leak(Step));
    }

    /// <summary>The kernel's values and gradients are torch's.</summary>
    private protected static void DemandEquality(BlockSetting setting, string name)
    {
        var fast = setting.Fast(setting.Probe);
        var reference = setting.Reference();
        Assert.Equal(reference.Keys, fast.Keys);
        foreach (var (part, expected) in reference)
            Expect.Close(fast[part], expected, Tolerance, $"{name}, {part}");
    }

    /// <summary>Negative control: with another probe the estimate and the gradients differ, by far.</summary>
    private protected static void DemandOtherGradients(BlockSetting setting)
    {
        var (expected, other) = (setting.Reference(), setting.Fast(randn_like(setting.Probe)));
        Expect.Close(other["y"], expected["y"], Tolerance, "y");
        foreach (string name in expected.Keys.Where(name => name is not ("y" or "bias 2")))
            Assert.True(Expect.RelativeError(other[name], expected[name]) > 1e-3, name);
    }
}
