namespace IResNet.Lanes;

/// <summary>How a batch is cut into groups of sixteen examples, and the groups spread over threads.</summary>
internal sealed unsafe class LanePlan
{
    /// <summary>For a batch of a shape (n, channels, height, width).</summary>
    public LanePlan(long[] shape, long hidden, bool leadingActivation)
    {
        Examples = (int)shape[0];
        Groups = LaneGeometry.Groups(Examples);
        Branch = new((int)shape[1], (int)hidden, LaneGeometry.Of((int)shape[2], (int)shape[3]), leadingActivation);
        GroupSize = (nint)(LaneGeometry.Lanes * shape[1] * shape[2] * shape[3]);
    }

    /// <summary>The computation on one group.</summary>
    public LaneBranch Branch { get; }

    /// <summary>n.</summary>
    public int Examples { get; }

    /// <summary>n / 16, rounded up.</summary>
    public int Groups { get; }

    /// <summary>Floats of a full group in torch's layout.</summary>
    public nint GroupSize { get; }

    /// <summary>16, but for the last group.</summary>
    public int ExamplesIn(int group) => Math.Min(LaneGeometry.Lanes, Examples - group * LaneGeometry.Lanes);

    /// <summary>Runs the work for every group.</summary>
    public void ForEachGroup(LaneThreads.Work work) => LaneThreads.Run(Groups, Branch.WorkSize, work);

    /// <summary>Weights and biases in packed form.</summary>
    public sealed class Packed : BlockWeights
    {
        private readonly Tensor[] _tensors;

        /// <summary>Takes packed weights, and biases as they are.</summary>
        public Packed(Tensor first, Tensor? firstBias, Tensor middle, Tensor? middleBias, Tensor last, Tensor? lastBias)
        {
            _tensors = [first, Bias(firstBias), middle, Bias(middleBias), last, Bias(lastBias)];
            Pointers = new(
                LaneThreads.Data(_tensors[0]),
                LaneThreads.Data(_tensors[1]),
                LaneThreads.Data(_tensors[2]),
                LaneThreads.Data(_tensors[3]),
                LaneThreads.Data(_tensors[4]),
                LaneThreads.Data(_tensors[5])
            );
        }

        /// <summary>The effective weights and biases of a branch.</summary>
        public static Packed Of(ResidualBranch branch)
        {
            var l = branch.Layers;
            return new(
                LaneWeights.Pack(l[0].EffectiveWeight()),
                l[0].Bias,
                LaneWeights.Pack(l[1].EffectiveWeight()),
                l[1].Bias,
                LaneWeights.Pack(l[2].EffectiveWeight()),
                l[2].Bias
            );
        }

        /// <summary>Its transposed effective weights.</summary>
        public static Packed TransposedOf(ResidualBranch branch)
        {
            var l = branch.Layers;
            return new(
                LaneWeights.PackTransposed(l[0].EffectiveWeight()),
                null,
                LaneWeights.PackTransposed(l[1].EffectiveWeight()),
                null,
                LaneWeights.PackTransposed(l[2].EffectiveWeight()),
                null
            );
        }

        /// <inheritdoc/>
        public override void Dispose()
        {
            foreach (var tensor in _tensors)
                tensor.Dispose();
        }

        private static Tensor Bias(Tensor? bias) => bias is null ? empty(0) : LaneWeights.PackBias(bias);
    }
}
