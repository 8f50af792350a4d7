using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Figures;

/// <summary>Images sent through a classifier's body and back in the model's own precision (Table 3).</summary>
public static class RoundTrip
{
    /// <summary>
    /// The largest error, relative to the images' largest value; infinite where an inverse overflows or does not
    /// converge.
    /// </summary>
    /// <param name="network">A classifier, ready for evaluation.</param>
    /// <param name="images">As the network takes them.</param>
    public static double RelativeError(Classifier network, Tensor images)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        try
        {
            var back = network.Body.Transform.Inverse(network.Features(images)).Value;
            double error = (back - images).ReadLargest() / images.ReadLargest();
            return double.IsNaN(error) ? double.PositiveInfinity : error;
        }
        catch (ArithmeticException fault) when (fault is NonFiniteException or NonConvergenceException)
        {
            return double.PositiveInfinity;
        }
    }
}
