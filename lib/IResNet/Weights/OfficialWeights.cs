namespace IResNet;

/// <summary>
/// The names of the official PyTorch codes' state_dicts, both ways. Here are those of the i-ResNet code,
/// <c>stack.0.bottleneck_block.1.weight_orig</c>, <c>actnorm._log_scale</c>, <c>prior_mu</c> and so on; a
/// <see cref="ResidualFlow"/>, and a <see cref="ToyFlow"/> as Residual Flows has it, go by the names of that code.
/// </summary>
/// <remarks>
/// The state of the i-ResNet code has no mark for an initialised ActNorm, so loading sets ours.
/// </remarks>
public static class OfficialWeights
{
    /// <summary>Whether an official code has such a model: a flow of images, all of whose blocks are
    /// <see cref="ConvBranch"/>; a <see cref="ResidualFlow"/>; a <see cref="ToyFlow"/> of residual blocks without
    /// <see cref="ActNormForm.ScaleFirst"/>.</summary>
    public static bool Knows(Flow flow) =>
        ResidualFlowWeights.Knows(flow)
        || flow is SingleScaleFlow { Config.LogitAlpha: null } or MultiscaleFlow { Config.LogitAlpha: null }
            && flow.ResidualBlocks.Count > 0
            && flow.ResidualBlocks.All(block => block.Branch is ConvBranch);

    /// <summary>
    /// The model's tensors under their official names; the tensors are the model's own, not copies, but for constants
    /// that the code of Residual Flows keeps beside them.
    /// </summary>
    /// <exception cref="ArgumentException">No official code has such a model: a Glow, another branch, a logit before an
    /// i-ResNet.</exception>
    public static IReadOnlyDictionary<string, Tensor> Named(Flow flow) =>
        flow switch
        {
            _ when !Knows(flow) => throw new ArgumentException(
                $"No official code has a {flow.GetType().Name} with such parts: they have ConvBranch, no logit "
                    + "before them, and residual flows of chains and dense concatenations.",
                nameof(flow)
            ),
            ResidualFlow or ToyFlow => ResidualFlowWeights.Named(flow),
            MultiscaleFlow multiscale => Collect([.. Scales(multiscale), .. Prior((DiagonalGaussian)flow.Prior)]),
            _ => Collect([
                .. Stack("stack.", flow.ResidualBlocks, flow.ActNorms),
                .. Prior((DiagonalGaussian)flow.Prior),
            ]),
        };

    /// <summary>
    /// As the other overload, for a classifier: its body, the unused prior that the official class has too, and the
    /// head.
    /// </summary>
    public static IReadOnlyDictionary<string, Tensor> Named(Classifier classifier) =>
        Collect([.. Named(classifier.Body).Select(pair => (pair.Key, pair.Value)), .. Head(classifier)]);

    /// <summary>The tensors of one official block, ActNorm first, without a prefix.</summary>
    public static IReadOnlyDictionary<string, Tensor> Named(ResidualBlock block, ActNorm? actNorm) =>
        Collect(Block("", block, actNorm));

    /// <summary>Copies an official state_dict into a model.</summary>
    /// <exception cref="WeightsFormatException">Names or shapes do not fit. Nothing was changed.</exception>
    public static void Load(Flow flow, IReadOnlyDictionary<string, Tensor> state)
    {
        if (ResidualFlowWeights.Knows(flow))
        {
            ResidualFlowWeights.Load(flow, state);
            return;
        }
        StateDict.Copy(state, Named(flow));
        foreach (var actNorm in flow.ActNorms)
            actNorm.IsInitialized = true;
    }

    /// <summary>As the other overload, for a classifier.</summary>
    public static void Load(Classifier classifier, IReadOnlyDictionary<string, Tensor> state)
    {
        StateDict.Copy(state, Named(classifier));
        foreach (var actNorm in classifier.Body.ActNorms)
            actNorm.IsInitialized = true;
    }

    private static IEnumerable<(string, Tensor)> Scales(MultiscaleFlow flow)
    {
        var config = flow.Config;
        for (int scale = 0, first = 0; scale < config.Blocks.Count; first += config.Blocks[scale++])
        {
            var blocks = flow.ResidualBlocks.Skip(first).Take(config.Blocks[scale]).ToList();
            var actNorms = config.ActNorm ? flow.ActNorms.Skip(first).Take(config.Blocks[scale]).ToList() : [];
            foreach (var entry in Stack($"stack.{scale}.stack.", blocks, actNorms))
                yield return entry;
        }
    }

    private static IEnumerable<(string, Tensor)> Stack(
        string prefix,
        IReadOnlyList<ResidualBlock> blocks,
        IReadOnlyList<ActNorm> actNorms
    ) => blocks.SelectMany((block, i) => Block($"{prefix}{i}.", block, actNorms.Count > 0 ? actNorms[i] : null));

    private static IEnumerable<(string, Tensor)> Block(string prefix, ResidualBlock block, ActNorm? actNorm)
    {
        if (actNorm is not null)
        {
            yield return ($"{prefix}actnorm._log_scale", actNorm.LogScale);
            yield return ($"{prefix}actnorm._shift", actNorm.Shift);
        }
        var branch =
            block.Branch as SequentialBranch
            ?? throw new ArgumentException($"The official code has no {block.Branch.GetName()}.", nameof(block));
        foreach (var (i, layer) in branch.Layers.Index())
        {
            // In the official nn.Sequential activations and convolutions alternate.
            string name = $"{prefix}bottleneck_block.{2 * i + (branch.LeadingActivation ? 1 : 0)}.";
            yield return ($"{name}bias", layer.Bias);
            yield return ($"{name}weight_orig", layer.Weight);
            yield return ($"{name}weight_u", layer.U);
            yield return ($"{name}weight_v", layer.V);
            yield return ($"{name}weight_sigma", layer.Sigma);
        }
    }

    private static IEnumerable<(string, Tensor)> Prior(DiagonalGaussian prior) =>
        [("prior_mu", prior.Mean), ("prior_logstd", prior.LogStd)];

    private static IEnumerable<(string, Tensor)> Head(Classifier classifier) =>
        [
            ("bn1.weight", classifier.Norm.weight!),
            ("bn1.bias", classifier.Norm.bias!),
            ("bn1.running_mean", classifier.Norm.running_mean!),
            ("bn1.running_var", classifier.Norm.running_var!),
            ("bn1.num_batches_tracked", classifier.Norm.num_batches_tracked!),
            ("logits.weight", classifier.Logits.weight!),
            ("logits.bias", classifier.Logits.bias!),
        ];

    private static Dictionary<string, Tensor> Collect(IEnumerable<(string name, Tensor tensor)> entries) =>
        entries.ToDictionary(entry => entry.name, entry => entry.tensor);
}
