namespace IResNet.Tests.Parity;

/// <summary>Checks that several kinds of fixtures share.</summary>
internal static class ParityChecks
{
    /// <summary>Relative error that float32 sums in another order may show within one block.</summary>
    public const double Block = 1e-5;

    /// <summary>The same through a whole network, where errors of the blocks add up and are amplified.</summary>
    public const double Network = 1e-4;

    /// <summary>Relative error of a loss along a training run.</summary>
    public const double Trajectory = 1e-3;

    /// <summary>Error that float64 sums in another order may show within one block.</summary>
    public const double Exact = 1e-11;

    /// <summary>
    /// The weights in use of a branch of Residual Flows against <c>effective.nnet.*</c>.
    /// </summary>
    public static void EffectiveWeights(OfficialFixture official, SequentialBranch branch)
    {
        var expected = official.Below("effective.nnet.");
        Assert.Equal(expected.Count, branch.Layers.Count);
        var named = ResidualFlowBranch.Named(branch);
        foreach (var layer in branch.Layers)
        {
            string name = named.Single(pair => ReferenceEquals(pair.Value, layer.Weight)).Key;
            Expect.Close(layer.EffectiveWeight(), expected[name], Exact, name);
        }
    }

    /// <summary>The weights in use against <c>effective.*</c>, by the official name of each raw weight.</summary>
    public static void EffectiveWeights(
        OfficialFixture official,
        IReadOnlyDictionary<string, Tensor> named,
        IEnumerable<ResidualBlock> blocks
    )
    {
        var expected = official.Below("effective.");
        var layers = blocks.SelectMany(block => block.Branch.Layers).ToList();
        Assert.Equal(expected.Count, layers.Count);
        foreach (var layer in layers)
        {
            string name = named
                .Single(pair => ReferenceEquals(pair.Value, layer.Weight))
                .Key.Replace("weight_orig", "weight", StringComparison.Ordinal);
            Expect.Close(layer.EffectiveWeight(), expected[name], Block, name);
        }
    }

    /// <summary>Every tensor under its official name, bit for bit.</summary>
    public static void SameState(IReadOnlyDictionary<string, Tensor> ours, Dictionary<string, Tensor> official)
    {
        Assert.Equal(official.Keys.Order(StringComparer.Ordinal), ours.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, tensor) in official)
        {
            Assert.Equal(tensor.shape, ours[name].shape);
            Assert.True(tensor.eq(ours[name]).all().ToBoolean(), name);
        }
    }

    /// <summary>A parameter after training: its change, not only its value, must agree.</summary>
    public static void SameAfterTraining(string name, Tensor ours, Tensor initial, Tensor final, double relative)
    {
        if (!final.is_floating_point())
        {
            Assert.True(final.eq(ours).all().ToBoolean(), name);
            return;
        }
        Expect.Close(ours, final, relative, $"final {name}");
        double moved = Expect.MaxAbs(final - initial);
        if (moved > 1e-3 * Expect.MaxAbs(initial))
            Expect.Close(ours - initial, final - initial, 100 * relative, $"change of {name}");
    }
}
