using System.Globalization;
using TorchSharp;

namespace IResNet.Notebooks;

/// <summary>A module in one line: its type, and how many numbers it learns.</summary>
internal static class ModuleSummary
{
    public static string Of(torch.nn.Module module)
    {
        var parameters = module.parameters().ToList();
        string counts = string.Create(
            CultureInfo.InvariantCulture,
            $"{parameters.Sum(p => p.numel()):N0} parameters in {parameters.Count} tensors"
        );
        string kind = string.Join(
            ", ",
            parameters.Select(p => $"{TensorSummary.Name(p.dtype)} on {p.device}").Distinct()
        );
        return string.Join(
            ", ",
            new[] { $"{module.GetType().Name}: {counts}", kind, module.training ? "training" : "evaluation" }.Where(s =>
                s.Length > 0
            )
        );
    }
}
