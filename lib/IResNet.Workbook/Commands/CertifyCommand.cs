using System.CommandLine;
using System.Globalization;
using IResNet.Experiments.Data;
using IResNet.Experiments.Runs;

namespace IResNet.Workbook.Commands;

/// <summary>
/// <c>iresnet certify</c>: norms, Lipschitz bounds, and reconstructions with their certificates. Exit code 1 where
/// invertibility is not certain.
/// </summary>
internal static class CertifyCommand
{
    private static readonly Option<int> Examples = new("--examples")
    {
        Description = "Test examples to reconstruct; 0 for none.",
        DefaultValueFactory = _ => 16,
    };

    private static readonly Option<double> Tolerance = new("--tolerance")
    {
        Description = "Residual at which an inverse stops.",
        DefaultValueFactory = _ => 1e-6,
    };

    public static Command Create()
    {
        var command = new Command("certify", "Prove that a trained model is invertible, and reconstruct test examples.")
        {
            Examples,
            Tolerance,
        };
        var model = new SavedModelArguments(command);
        Examples.Require(examples => examples >= 0, "0 or more are needed");
        Tolerance.Require(tolerance => tolerance > 0, "more than 0 is needed");
        command.SetAction((parsed, _) => Failures.Report(parsed, cancel => Certify(parsed, model, cancel)));
        return command;
    }

    private static async Task<int> Certify(ParseResult parsed, SavedModelArguments arguments, CancellationToken cancel)
    {
        var output = parsed.InvocationConfiguration.Output;
        void Line(string text) => output.WriteLine(text);

        using var saved = arguments.Open(parsed);
        Line($"{saved.Experiment.Name}, {saved.Source}");
        var proof = Certification.Of(saved.Model.Flow);
        double tolerance = parsed.GetValue(Tolerance);
        if (proof.Blocks.Count == 0)
            Line(
                "No residual blocks: coupling layers invert in closed form, whatever their norms, and none of them "
                    + "has to be certified."
            );
        else
            Write(proof, tolerance, Line);

        if (parsed.GetValue(Examples) is > 0 and var count)
        {
            var found = await Reconstruction.Of(saved, count, tolerance, cancel);
            Line(
                $"{count} test examples reconstructed: largest error {found.LargestError:g3}, {found.Iterations} "
                    + $"evaluations of branches, residual {found.Residual:g2}, certified distance to the exact "
                    + $"inverse below {found.ErrorBound:g3}."
            );
        }
        return proof.IsInvertible ? 0 : 1;
    }

    private static void Write(Certification proof, double tolerance, Action<string> line)
    {
        line(
            "norms of layers: power iteration's estimate (from below) and certified bound (from above), as trained; "
                + "certified bound, frozen"
        );
        line($"{"block",-6} {"layer",-6} {"c",6} {"estimate",10} {"bound",10} {"frozen",10}");
        foreach (var layer in proof.Layers)
            line(
                $"{layer.Block,-6} {layer.Layer,-6} {layer.Coefficient,6:F3} {layer.Estimate,10:F4} "
                    + $"{layer.Trained,10:F4} {layer.Frozen,10:F4}"
            );
        line(
            "blocks F = I + g: Lip(g) as above; frozen, by Lemma 2, Lip(F) <= 1 + Lip(g) and Lip(F^-1) <= 1 / (1 - "
                + $"Lip(g)); error of F^-1 at a residual of {tolerance:g3} in the 2-norm"
        );
        line(
            $"{"block",-6} {"",-6} {"",6} {"estimate",10} {"bound",10} {"frozen",10} {"Lip(F)",10} "
                + $"{"Lip(F^-1)",10} {"error",10}"
        );
        foreach (var block in proof.Blocks)
            line(
                $"{block.Block,-6} {"",-6} {"",6} {block.Estimate,10:F4} {block.Trained,10:F4} "
                    + $"{block.Frozen,10:F4} {block.Forward,10:F4} {block.Inverse,10:F4} "
                    + $"{tolerance * block.Inverse,10:g3}"
            );
        var others = proof.Blocks.Where(block => block.Order != 2).ToList();
        if (others.Count > 0)
            line(
                $"{others.Count} blocks are bounded in other norms than the 2-norm, of order "
                    + $"{string.Join(", ", others.Select(block => block.Order).Distinct())}; their layers in their own."
            );
        string trained = proof.IsInvertibleAsTrained ? "certain" : "not certain",
            frozen = proof.IsInvertible ? "certain" : "not certain";
        line($"Lip(g) < 1 in all {proof.Blocks.Count} blocks: as trained {trained}, frozen {frozen}.");
    }
}
