using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Workbook.Diagnosis;

/// <summary>What computes the blocks.</summary>
internal static class BackendChecks
{
    private const int Batch = 32;

    /// <summary>Who serves the paper's two kinds of networks on this machine, in training.</summary>
    public static Finding Current()
    {
        try
        {
            using var scope = NewDisposeScope();
            var config = new FlowConfig
            {
                Input = new(1, 28, 28),
                InitialSqueeze = true,
                Blocks = [2],
                Strides = [1],
                Hidden = [32],
            };
            using var images = new MultiscaleFlow(config);
            using var points = new ToyFlow(1);
            return Of(
                images.Explain(zeros(Batch, config.Input.Channels, config.Input.Height, config.Input.Width)),
                points.Explain(zeros(Batch, 2))
            );
        }
        catch (UnknownBackendException unknown)
        {
            return Finding.Fault("backend", unknown.Message, $"unset {Backends.Variable}");
        }
    }

    /// <summary>What the explanations of a flow of images and of one of points say.</summary>
    internal static Finding Of(Explanation images, Explanation points)
    {
        string Parts(Explanation flow) =>
            string.Join("; ", flow.Where(route => route.Block == 1).Select(route => route.ToString()));
        string state = $"{images.Current}; images: {Parts(images)}; points: {Parts(points)}";
        return images.Concat(points).Any(route => route.WhyNot is null)
            ? Finding.Ok("backend", state)
            : Finding.Warning(
                "backend",
                state,
                "nothing to mend: torch's own operations compute the same, several times slower"
            );
    }
}
