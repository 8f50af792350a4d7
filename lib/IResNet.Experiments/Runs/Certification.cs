using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Runs;

/// <summary>
/// What is known for certain about a model's invertibility (Theorem 1): upper bounds of norms that rest on no iteration having converged, for the weights as training
/// normalises them and as <see cref="Flow.Freeze"/> does.
/// </summary>
/// <param name="Layers">All normalised layers, in forward order.</param>
/// <param name="Blocks">All residual blocks, in forward order.</param>
public sealed record Certification(IReadOnlyList<LayerCertificate> Layers, IReadOnlyList<BlockCertificate> Blocks)
{
    /// <summary>Whether every block of the frozen model has Lip(g) below 1.</summary>
    public bool IsInvertible => Blocks.All(block => block.Frozen < 1);

    /// <summary>Whether that holds for the weights as training normalises them, by power iteration.</summary>
    public bool IsInvertibleAsTrained => Blocks.All(block => block.Trained < 1);

    /// <summary>Measures a model. It is left frozen at certified norms.</summary>
    public static Certification Of(Flow flow)
    {
        using var noGrad = no_grad();
        flow.Freeze(FrozenNorm.PowerIteration);
        var blocks = flow.ResidualBlocks;
        double[][] trained = [.. blocks.Select(Norms)];
        double[] trainedBlocks = [.. blocks.Select(block => block.Branch.LipschitzBound())];
        flow.Freeze();
        double[][] frozen = [.. blocks.Select(Norms)];
        return new(
            [.. blocks.SelectMany((block, b) => block.Branch.Layers.Select((layer, i) => new LayerCertificate(b + 1, i + 1, layer.Options.Coefficient, trained[b][i], frozen[b][i])))],
            [.. blocks.Select((block, b) => new BlockCertificate(b + 1, trainedBlocks[b], block.Branch.LipschitzBound()))]);
    }

    private static double[] Norms(ResidualBlock block) => [.. block.Branch.Layers.Select(layer =>
    {
        using var scope = NewDisposeScope();
        return layer.CertifiedNorm(layer.EffectiveWeight());
    })];
}

/// <summary>Upper bounds of a layer's spectral norm.</summary>
/// <param name="Block">The block, from 1.</param>
/// <param name="Layer">The layer in its branch, from 1.</param>
/// <param name="Coefficient">c, to which it is held.</param>
/// <param name="Trained">With the weights as training normalises them. Above c by as much as the power iteration had not converged, or as the bound is loose.</param>
/// <param name="Frozen">With the weights of the frozen model.</param>
public sealed record LayerCertificate(int Block, int Layer, double Coefficient, double Trained, double Frozen);

/// <summary>Upper bounds of a block's Lip(g): the products over its layers.</summary>
/// <param name="Block">The block, from 1.</param>
/// <param name="Trained">With the weights as training normalises them.</param>
/// <param name="Frozen">With the weights of the frozen model.</param>
public sealed record BlockCertificate(int Block, double Trained, double Frozen);
