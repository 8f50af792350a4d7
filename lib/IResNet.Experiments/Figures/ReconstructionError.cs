using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Figures;

/// <summary>
/// Images sent through a network and back by a fixed number of iterations per block (Figures 3 and 7, Appendix B).
/// Without a bound on Lip(g) the iteration need not converge: an image whose iterates leave the range of numbers has no
/// reconstruction, which is said and not drawn.
/// </summary>
/// <param name="Images">The reconstructions, of the originals' shape; zero where there is none.</param>
/// <param name="Errors">Of each image the largest |x - reconstruction| over its pixels; infinite where there is
/// none.</param>
/// <param name="Failures">Of each image why it has no reconstruction; null where it has one.</param>
public sealed record ReconstructionError(Tensor Images, IReadOnlyList<double> Errors, IReadOnlyList<string?> Failures)
{
    /// <summary>How many images have no reconstruction.</summary>
    public int Diverged => Failures.Count(failure => failure is not null);

    /// <summary>The largest error; infinite if an image has no reconstruction.</summary>
    public double Worst => Errors.Max();

    /// <summary>How many images come back to an error of at most <paramref name="tolerance"/>.</summary>
    public int Within(double tolerance) => Errors.Count(error => error <= tolerance);

    /// <summary>Reconstructs a batch.</summary>
    /// <param name="flow">The network, in evaluation mode.</param>
    /// <param name="x">Images that it takes, at least one.</param>
    /// <param name="iterations">Iterations per block; the paper takes 100, so that nobody can blame a failure on too
    /// few.</param>
    public static ReconstructionError Of(Flow flow, Tensor x, int iterations = 100)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var y = flow.LatentsOf(x);
        var solver = FixedPoint.Iterations(iterations);
        // All at once where that works; else one by one, since one image that diverges takes the batch with it.
        var parts = Attempt(flow, y, solver) is ({ } whole, null)
            ? [(whole, null)]
            : Enumerable.Range(0, (int)y.size(0)).Select(i => Attempt(flow, y.narrow(0, i, 1), solver)).ToList();

        var images = cat([.. parts.Select(part => part.Value ?? zeros_like(x.narrow(0, 0, 1)))]);
        double[] errors = [.. (images - x).abs().flatten(1).amax([1]).ReadDoubles()];
        string?[] failures =
            parts.Count == errors.Length ? [.. parts.Select(part => part.Failure)] : new string?[errors.Length];
        for (int i = 0; i < errors.Length; i++)
            if (failures[i] is not null)
                errors[i] = double.PositiveInfinity;
        return new(images.MoveToOuterDisposeScope(), errors, failures);
    }

    private static (Tensor? Value, string? Failure) Attempt(Flow flow, Tensor y, InverseSolver solver)
    {
        try
        {
            var value = flow.Transform.Inverse(y, solver).Value;
            return value.ReadIsFinite() ? (value, null) : (null, "The last layers' inverse left the range of numbers.");
        }
        catch (ArithmeticException failure) when (failure is NonConvergenceException or NonFiniteException)
        {
            return (null, failure.Message);
        }
    }
}
