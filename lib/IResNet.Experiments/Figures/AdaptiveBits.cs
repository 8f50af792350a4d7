using System.Globalization;
using IResNet.Experiments.Data;
using IResNet.Experiments.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Figures;

/// <summary>
/// Bits/dim to a stated error (Table 4) by <see cref="AdaptiveLogDet"/>: the accuracy that the paper reaches with many
/// terms and many independent probes (<see cref="DensityEvaluator.EvaluateTo"/>), for far fewer Jacobian products.
/// </summary>
/// <param name="BitsPerDim">The mean over the images.</param>
/// <param name="Interval">Half the width of the 95 % confidence interval over images.</param>
/// <param name="Images">How many.</param>
/// <param name="Shape">The shape on which d counts.</param>
/// <param name="ProbeError">The standard error that the probes leave in the mean, in bits/dim.</param>
/// <param name="BiasBound">How far the mean's expected value can be from the exact one, in bits/dim. A bound, not an
/// estimate.</param>
/// <param name="Products">Jacobian products per image, of all blocks together.</param>
public sealed record AdaptiveBits(
    double BitsPerDim,
    double Interval,
    int Images,
    ImageShape Shape,
    double ProbeError,
    double BiasBound,
    double Products
) : Evaluation("bits/dim", BitsPerDim, BitsPerDim - Interval, BitsPerDim + Interval, Images)
{
    private const int BatchSize = 50;

    /// <summary>
    /// Evaluates a model. It stays frozen in evaluation mode.
    /// </summary>
    /// <param name="flow">The model.</param>
    /// <param name="images">Held-out images, at least 2.</param>
    /// <param name="preprocessing">As in training; shifts and flips are left out.</param>
    /// <param name="error">Bias and standard error are each at most half of it, in bits/dim. The paper: 2e-4.</param>
    /// <param name="seed">The seed of dequantisation and probes.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <exception cref="ArgumentException">The error is not positive, or cannot be reached because a block's Lipschitz
    /// constant is too close to 1.</exception>
    public static AdaptiveBits Of(
        Flow flow,
        ImageSplit images,
        Preprocessing preprocessing,
        double error,
        ulong seed = 1,
        CancellationToken cancel = default
    )
    {
        if (!(error > 0))
            throw new ArgumentException($"The error is {error}, but must be more than 0.", nameof(error));
        DensityEvaluator.DemandTwo(images);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        flow.Freeze();
        var shape = preprocessing.Output(images.Shape);
        double nats = shape.Dimensions * Math.Log(2),
            blocks = flow.ResidualBlocks.Count;
        using var generator = new Generator(seed);
        // Biases of blocks add up, their random errors add in squares, and images average the random ones alone.
        var evaluator = new AdaptiveLogDet(
            error / 2 * nats * Math.Sqrt(images.Count / blocks),
            error / 2 * nats / blocks,
            generator
        );
        var x = preprocessing.ForEvaluation().ToTensor(images, seed);
        var bits = new List<double>(images.Count);
        double variance = 0,
            bias = 0,
            products = 0;
        // Batches of about equal size: the examples of one say together how far probes scatter.
        foreach (var batch in x.chunk((images.Count + BatchSize - 1) / BatchSize))
        {
            cancel.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            var (logPrior, logDet) = flow.LogProbTerms(batch.to(flow.Device), evaluator);
            bits.AddRange(
                BitsPerDimension.Of(logPrior.to(ScalarType.Float64) + logDet.Value, shape.Dimensions).ReadDoubles()
            );
            variance += batch.size(0) * logDet.StandardError * logDet.StandardError;
            bias += batch.size(0) * logDet.BiasBound;
            products += batch.size(0) * (double)logDet.Products;
        }
        var (mean, halfWidth) = Evaluation.MeanOf(bits);
        return new(
            mean,
            halfWidth,
            images.Count,
            shape,
            Math.Sqrt(variance) / images.Count / nats,
            bias / images.Count / nats,
            products / images.Count
        );
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{BitsPerDim:F4} ± {HalfWidth:F4} bits/dim ({Images:N0} images; {Shape}, d = {Shape.Dimensions}; bias "
                + $"below {BiasBound:g2}, standard error of the probes {ProbeError:g2}, {Products:N0} products "
                + $"per image)"
        );
}
