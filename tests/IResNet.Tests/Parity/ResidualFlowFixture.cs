namespace IResNet.Tests.Parity;

/// <summary>The models of Residual Flows' and i-DenseNets' files, and what was drawn for them.</summary>
internal static class ResidualFlowFixture
{
    /// <summary>
    /// The layers' normalization: that code adds nothing to a divisor, and iterates after each step, so many times or
    /// to a tolerance.
    /// </summary>
    public static SpectralNormOptions SpectralNorm(OfficialFixture official) =>
        new()
        {
            Coefficient = official.Number("coeff"),
            DivisorMargin = 0,
            Update = NormUpdate.AfterStep,
            Orders = Orders(official.Says("vnorms") ? official.Text("vnorms") : "2"),
            Tolerance = official.Says("sn_tol") ? official.Number("sn_tol") : null,
            PowerIterations = official.Says("power_iterations") ? official.Int("power_iterations") : 5,
        };

    /// <summary>One character a place, f for infinity; "all 2" in words.</summary>
    private static NormOrders Orders(string text) =>
        NormOrders.Parse(
            text.Split(' ') is ["all", var one]
                ? one
                : string.Join(',', text.Select(place => place == 'f' ? "inf" : $"{place}"))
        );

    /// <summary>A model of images with the state below a prefix, in its type, in evaluation mode.</summary>
    public static ResidualFlow Load(OfficialFixture official, string prefix)
    {
        bool hasFirst = official.Flag("first_resblock", otherwise: false),
            leads = official.Flag("preact", otherwise: false);
        int[] blocks = official.List("n_blocks");
        var activation = official.Activation;
        // That code counts what reaches a layer, of which an activation that doubles the channels makes half.
        int Width(string key) => official.Int(key) / activation.Channels(1);
        bool hasDenseEnd = official.Flag("fc_end", otherwise: false);
        var flow = new ResidualFlow(
            new()
            {
                Input = Shape(official, "input_shape"),
                Blocks = blocks,
                Hidden = [Width("intermediate_dim")],
                Activation = activation,
                SpectralNorm = SpectralNorm(official),
                LogitAlpha = official.Number("alpha"),
                ActNorm = official.Flag("actnorm", otherwise: true),
                FirstActNorm = hasFirst,
                LeadingActivation = leads,
                // With a single scale the code's flag has no effect on the block.
                FirstActivation = leads && (blocks.Length == 1 || !hasFirst),
                FactorOut = official.Flag("factor_out", otherwise: false),
                DenseBlocks = hasDenseEnd ? 4 : 0,
                DenseHidden = hasDenseEnd ? [Width("fc_idim"), Width("fc_idim")] : [],
            }
        );
        // The state has the parameter of that code's distribution.
        flow.WithEstimator(new RussianRoulette(new GeometricTerms(0.5), exactTerms: 2));
        return Loaded(flow, official.Below(prefix));
    }

    /// <summary>A flow with a state, in its type, in evaluation mode.</summary>
    public static T Loaded<T>(T flow, Dictionary<string, Tensor> state)
        where T : Flow
    {
        flow.to(state.First(pair => pair.Key.EndsWith("weight", StringComparison.Ordinal)).Value.dtype);
        OfficialWeights.Load(flow, state);
        flow.eval();
        return flow;
    }

    public static ImageShape Shape(OfficialFixture official, string key) =>
        official.List(key) is [var channels, var height, var width]
            ? new(channels, height, width)
            : throw new FormatException(key);

    /// <summary>The distribution of n, whose draws are the recorded ones.</summary>
    public static TermDistribution Terms(OfficialFixture official, Queue<int> draws) =>
        new RecordedTerms(official.Text("n_dist") == "poisson" ? new PoissonTerms() : new GeometricTerms(), draws);

    private sealed class RecordedTerms(TermDistribution law, Queue<int> draws) : TermDistribution
    {
        public override double Survival(int j) => law.Survival(j);

        public override int Draw(Generator? generator) => draws.Dequeue();
    }

    /// <summary>Recorded probes, in the order drawn.</summary>
    public sealed class RecordedProbes(Queue<Tensor> probes) : Probes
    {
        public override Tensor Draw(int samples, IReadOnlyList<long> shape, Tensor like)
        {
            Assert.Equal(1, samples);
            return probes.Dequeue().to(like.dtype).reshape([.. shape]);
        }
    }
}
