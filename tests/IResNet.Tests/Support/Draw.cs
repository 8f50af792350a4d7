namespace IResNet.Tests;

/// <summary>Random shapes, values and layers for property tests; every one follows from a seed.</summary>
internal static class Draw
{
    /// <summary>Seeds torch, and gives the generator of shapes for the same seed.</summary>
    public static Random Seed(int seed)
    {
        manual_seed(seed);
        return new Random(seed);
    }

    /// <summary>A normal tensor in float64.</summary>
    public static Tensor Normal(params long[] shape) => randn(shape, dtype: ScalarType.Float64);

    /// <summary>
    /// Makes a module fit to be judged: float64, weights scaled up so that the spectral norm has to act and with a
    /// share of the identity so that Jacobians are far from 0, power iterations well on their way, biases and ActNorm
    /// parameters far from 0, evaluation mode.
    /// </summary>
    public static T Prepared<T>(T module, double weightScale = 3, int powerIterations = 30)
        where T : nn.Module
    {
        module.to(ScalarType.Float64);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var part in module.modules().Append(module).Distinct())
        {
            if (part is SpectralLayer layer)
            {
                layer.Weight.mul_(weightScale).add_(Identity(layer.Weight));
                layer.Bias.normal_(0, 0.5);
                layer.PowerIteration(powerIterations);
            }
            if (part is ConcatenationLayer concatenation)
            {
                concatenation.K1.normal_(1, 0.5);
                concatenation.K2.normal_(1, 0.5);
            }
            if (part is ActNorm actNorm)
            {
                actNorm.LogScale.normal_(0, 0.3);
                actNorm.Shift.normal_(0, 0.5);
                actNorm.IsInitialized = true;
            }
            if (part is InvertibleLinear or CouplingLayer)
                foreach (var parameter in part.parameters())
                    parameter.add_(randn_like(parameter), alpha: 0.2);
            if (part is DiagonalGaussian { Mean.requires_grad: true } prior)
            {
                prior.Mean.normal_(0, 0.3);
                prior.LogStd.normal_(0, 0.2);
            }
        }
        module.eval();
        return module;
    }

    private static Tensor Identity(Tensor weight) =>
        weight.dim() == 2 ? nn.init.eye_(empty_like(weight)) : nn.init.dirac_(empty_like(weight));
}
