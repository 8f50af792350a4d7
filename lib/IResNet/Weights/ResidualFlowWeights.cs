namespace IResNet;

/// <summary>
/// The names of the state_dict of the official code of Residual Flows and i-DenseNets, both ways:
/// <c>transforms.0.chain.2.nnet.0.weight</c>, <c>...nnet.0.network.1.swish.beta</c> and so on. The only place that
/// knows them.
/// </summary>
/// <remarks>
/// That code keeps more than a model needs: the distribution of n (<c>geom_p</c>, <c>lamb</c>), sizes of images, marks.
/// They are written as it writes them. Read are the marks of ActNorm, and the sizes, which have to fit. The moments of
/// its estimator (<c>last_n_samples</c> ...) are neither written nor read.
/// </remarks>
internal static class ResidualFlowWeights
{
    private const string Mark = ".initialized",
        Size = ".spatial_dims";

    private static readonly string[] Constants = ["geom_p", "lamb", "last_n_samples", "last_firmom", "last_secmom"];

    /// <summary>Whether the official code has such a model.</summary>
    public static bool Knows(Flow flow) =>
        Chains(flow) is { } chains && chains.All(chain => chain.Parts.All(Knows)) && flow.ResidualBlocks.Count > 0;

    /// <summary>A model's tensors by name, not copies, and the constants that are written beside them.</summary>
    public static Dictionary<string, Tensor> Named(Flow flow) =>
        Chains(flow)!
            .SelectMany(chain => chain.Parts.SelectMany((part, i) => Below(chain.NameOf(i), Of(part, chain.IsFlat))))
            .ToDictionary();

    /// <summary>The same of one block, without a prefix.</summary>
    /// <param name="block">The block.</param>
    /// <param name="isFlat">Whether it stands on flattened images, at the end of an image model.</param>
    /// <exception cref="ArgumentException">The official code has no such branch.</exception>
    public static Dictionary<string, Tensor> Named(ResidualBlock block, bool isFlat) =>
        Of(block, isFlat).ToDictionary();

    /// <summary>Copies a state_dict into a model.</summary>
    /// <exception cref="WeightsFormatException">Names, shapes or sizes of images do not fit. Nothing was
    /// changed.</exception>
    public static void Load(Flow flow, IReadOnlyDictionary<string, Tensor> state)
    {
        var named = Named(flow);
        state = StateDict.Unwrapped(state, named);
        Load(named, state);
        foreach (var actNorm in flow.ActNorms)
        {
            string shift = named.Single(pair => ReferenceEquals(pair.Value, actNorm.Shift)).Key;
            string mark = shift[..shift.LastIndexOf('.')] + Mark;
            actNorm.IsInitialized = !state.TryGetValue(mark, out var given) || given.ReadDouble() != 0;
        }
    }

    /// <summary>Copies a state_dict into tensors of the same names.</summary>
    /// <exception cref="WeightsFormatException">Names, shapes or sizes of images do not fit. Nothing was
    /// changed.</exception>
    public static void Load(IReadOnlyDictionary<string, Tensor> named, IReadOnlyDictionary<string, Tensor> state)
    {
        foreach (var (name, size) in named.Where(pair => pair.Key.EndsWith(Size, StringComparison.Ordinal)))
        {
            if (state.TryGetValue(name, out var given) && !given.ReadDoubles().SequenceEqual(size.ReadDoubles()))
                throw new WeightsFormatException(
                    $"'{name}' is {string.Join("x", given.ReadDoubles())}, but the model's maps there are "
                        + $"{string.Join("x", size.ReadDoubles())}."
                );
        }
        StateDict.Copy(Kept(state), Kept(named));
    }

    private static Dictionary<string, Tensor> Kept(IReadOnlyDictionary<string, Tensor> state) =>
        state
            .Where(pair =>
                !pair.Key.EndsWith(Mark, StringComparison.Ordinal)
                && !pair.Key.EndsWith(Size, StringComparison.Ordinal)
                && !Constants.Contains(pair.Key[(pair.Key.LastIndexOf('.') + 1)..])
            )
            .ToDictionary();

    private static IEnumerable<Chain>? Chains(Flow flow) =>
        flow switch
        {
            ResidualFlow residual =>
            [
                .. residual.Scales.Select((scale, s) => new Chain($"transforms.{s}.chain.", 0, scale, IsFlat: false)),
                new Chain(
                    $"transforms.{residual.Scales.Count - 1}.chain.",
                    residual.Scales[^1].Count,
                    residual.DenseEnd,
                    IsFlat: true
                ),
            ],
            ToyFlow => [new Chain("chain.", 0, flow.Transform.Bijections, IsFlat: false)],
            _ => null,
        };

    private static bool Knows(Bijection part) =>
        part switch
        {
            ActNorm actNorm => actNorm.Form == ActNormForm.ShiftFirst,
            ResidualBlock block => block.Branch is SequentialBranch or DenseNetBranch,
            _ => part is LogitTransform or Squeeze,
        };

    private static IEnumerable<KeyValuePair<string, Tensor>> Of(Bijection part, bool isFlat) =>
        part switch
        {
            ActNorm actNorm => Below(
                isFlat ? "fc_module." : "",
                [
                    new("weight", actNorm.LogScale),
                    new("bias", actNorm.Shift),
                    new("initialized", One(actNorm.IsInitialized, actNorm.Shift)),
                ]
            ),
            ResidualBlock block =>
            [
                .. DistributionOfTerms(block),
                .. Below(isFlat ? "nnet.nnet." : "nnet.", Of(block.Branch).SelectMany(Numbered)),
            ],
            _ => [],
        };

    /// <summary>The entries of a branch's list, in its order.</summary>
    private static IEnumerable<IEnumerable<KeyValuePair<string, Tensor>>> Of(ResidualBranch branch)
    {
        switch (branch)
        {
            case SequentialBranch chain:
                for (int i = 0; i < chain.Layers.Count; i++)
                {
                    if (chain.LeadingActivation)
                        yield return Of(chain.Activations[i]);
                    else if (i > 0)
                        yield return Of(chain.Activations[i - 1]);
                    yield return Of(chain.Layers[i]);
                }
                break;
            case DenseNetBranch dense:
                if (dense.Entrance is { } entrance)
                    yield return Of(entrance);
                foreach (var part in dense.Concatenations)
                {
                    yield return
                    [
                        new("K1_unnormalized", part.K1),
                        new("K2_unnormalized", part.K2),
                        .. Below("network.0.", Of(part.Layer)),
                        .. Below("network.1.", Of(part.Activation)),
                    ];
                }
                yield return Of(dense.Exit);
                break;
            default:
                throw new ArgumentException($"The official code has no {branch.GetName()}.", nameof(branch));
        }
    }

    private static IEnumerable<KeyValuePair<string, Tensor>> Of(Activation activation) =>
        activation.named_parameters().Select(p => KeyValuePair.Create(p.name, (Tensor)p.parameter));

    private static IEnumerable<KeyValuePair<string, Tensor>> Of(SpectralLayer layer)
    {
        yield return new("weight", layer.Weight);
        yield return new("bias", layer.Bias);
        yield return new("u", layer.U);
        yield return new("v", layer.V);
        yield return new("scale", layer.Sigma.view([]));
        if (layer is not SpectralConv2d conv)
            yield break;
        yield return new("initialized", One(true, layer.Weight));
        yield return new(
            "spatial_dims",
            tensor(new double[] { conv.NormHeight, conv.NormWidth }, layer.Weight.dtype, layer.Weight.device)
        );
    }

    /// <summary>p as its logit, and the rate; 0.5 and 2 where the estimator has another law.</summary>
    private static IEnumerable<KeyValuePair<string, Tensor>> DistributionOfTerms(ResidualBlock block)
    {
        var law = (block.Estimator as RussianRoulette)?.Distribution;
        double p = (law as GeometricTerms)?.P ?? 0.5,
            rate = (law as PoissonTerms)?.Rate ?? 2;
        var like = block.Branch.Layers[0].Weight;
        yield return new("geom_p", full([], Math.Log(p / (1 - p)), ScalarType.Float64, like.device));
        yield return new("lamb", full([], rate, like.dtype, like.device));
    }

    private static Tensor One(bool isSet, Tensor like) => full([], isSet ? 1 : 0, ScalarType.Int64, like.device);

    private static IEnumerable<KeyValuePair<string, Tensor>> Numbered(
        IEnumerable<KeyValuePair<string, Tensor>> entries,
        int number
    ) => Below($"{number}.", entries);

    private static IEnumerable<KeyValuePair<string, Tensor>> Below(
        string prefix,
        IEnumerable<KeyValuePair<string, Tensor>> entries
    ) => entries.Select(entry => KeyValuePair.Create(prefix + entry.Key, entry.Value));

    /// <summary>Bijections that follow each other in one list of the official code.</summary>
    private sealed record Chain(string Prefix, int First, IReadOnlyList<Bijection> Parts, bool IsFlat)
    {
        public string NameOf(int part) => $"{Prefix}{First + part}.";
    }
}
