using IResNet.Experiments.Configuration;
using IResNet.Experiments.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Runs;

/// <summary>Test examples sent through a frozen model and back (Figure 3, Appendix B).</summary>
/// <param name="LargestError">max |x - F^-1(F(x))| over all elements.</param>
/// <param name="Iterations">Evaluations of residual branches.</param>
/// <param name="Residual">The largest residual of a block.</param>
/// <param name="ErrorBound">The certificate: no example is farther from the exact inverse, in the 2-norm.</param>
public sealed record Reconstruction(double LargestError, int Iterations, double Residual, double ErrorBound)
{
    /// <summary>Reconstructs.</summary>
    /// <param name="saved">The model.</param>
    /// <param name="count">How many examples.</param>
    /// <param name="tolerance">The residual at which an inverse stops.</param>
    /// <param name="cancel">Stops the loading of data.</param>
    /// <exception cref="NonConvergenceException">An inverse did not converge.</exception>
    /// <exception cref="DataSetException">The data cannot be had.</exception>
    public static async Task<Reconstruction> Of(
        SavedModel saved,
        int count,
        double tolerance = 1e-6,
        CancellationToken cancel = default
    )
    {
        var data = await saved.Experiment.LoadData(null, cancel);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var x = saved.Experiment.Examples(data, count).to(saved.Model.Flow.Device);
        var transform = saved.Model.Flow.Transform;
        var back = transform.Inverse(transform.forward(x).y, tolerance);
        return new((back.Value - x).ReadLargest(), back.Iterations, back.Residual, back.ErrorBound);
    }
}
