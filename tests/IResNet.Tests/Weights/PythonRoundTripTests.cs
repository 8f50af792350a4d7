using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace IResNet.Tests.Weights;

/// <summary>
/// Weights that we save, read back by Python: <c>read_back.py</c> opens the files by hand and repeats the forward
/// passes with torch's own functions. Skipped where there is no Python or no torch in it (Debian: <c>apt-get install
/// python3-torch</c>).
/// </summary>
public sealed class PythonRoundTripTests : IDisposable
{
    private const int NoTorch = 77;
    private const double Tolerance = 1e-5;

    private static readonly FlowConfig Config = new()
    {
        Input = new(3, 4, 4),
        Blocks = [2, 1],
        Strides = [1, 2],
        Hidden = [5, 4],
        SpectralNorm = new() { Coefficient = 0.8 },
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OutputsAreTheSame()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Draw.Seed(1);
        var errors = Run(
            Block("block"),
            Density("density", ScalarType.Float32),
            Density("density64", ScalarType.Float64),
            Classifier("classifier", out _)
        );
        Assert.Equal(["y", "z", "log_prob", "z", "log_prob", "logits"], errors.SelectMany(file => file.Keys));
        Assert.All(errors, file => Assert.All(file, error => Assert.InRange(error.Value, 0, Tolerance)));
        // In float64 there is nothing to hide behind.
        Assert.All(errors[2], error => Assert.InRange(error.Value, 0, 1e-12));
    }

    /// <summary>The control: a weight changed by a per cent after the outputs were taken.</summary>
    [Fact]
    public void OtherWeightsAreSeen()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Draw.Seed(2);
        string path = Classifier("classifier", out var tensors);
        tensors["stack.0.bottleneck_block.0.weight_orig"] = 1.01 * tensors["stack.0.bottleneck_block.0.weight_orig"];
        tensors["stack.0.actnorm._shift"] = tensors["stack.0.actnorm._shift"] + 0.01;
        SafeTensors.Save(path, tensors, Metadata("classifier"));
        Assert.All(Run(path)[0], error => Assert.InRange(error.Value, 10 * Tolerance, 1));
    }

    private string Block(string name)
    {
        var actNorm = new ActNorm(3);
        var block = new ResidualBlock(new ConvBranch(Config.Input, 5, Config.SpectralNorm), new NoLogDet());
        var sequence = Trained(new Sequence(actNorm, block), ScalarType.Float32);
        var x = randn(2, 3, 4, 4);
        var (path, _) = Save(name, "block", OfficialWeights.Named(block, actNorm), x, ("y", sequence.forward(x).y));
        return path;
    }

    private string Density(string name, ScalarType type)
    {
        var flow = Trained(new MultiscaleFlow(Config), type);
        flow.WithEstimator(new ExactLogDet());
        var x = randn([2, 3, 4, 4], type);
        var (path, _) = Save(
            name,
            "density",
            OfficialWeights.Named(flow),
            x,
            ("z", flow.LatentsOf(x)),
            ("log_prob", flow.forward(x))
        );
        return path;
    }

    private string Classifier(string name, out Dictionary<string, Tensor> tensors)
    {
        var classifier = Trained(
            new Classifier(Config with { Padding = 2, NormBeforeSqueeze = true }, classes: 4),
            ScalarType.Float32
        );
        classifier.Norm.running_mean!.normal_();
        classifier.Norm.running_var!.uniform_(0.5, 2);
        var x = randn(2, 3, 4, 4);
        (string path, tensors) = Save(
            name,
            "classifier",
            OfficialWeights.Named(classifier),
            x,
            ("logits", classifier.forward(x))
        );
        return path;
    }

    private static T Trained<T>(T module, ScalarType type)
        where T : nn.Module
    {
        Draw.Prepared(module);
        module.to(type).eval();
        return module;
    }

    private (string path, Dictionary<string, Tensor> tensors) Save(
        string name,
        string kind,
        IReadOnlyDictionary<string, Tensor> state,
        Tensor x,
        params (string name, Tensor tensor)[] expected
    )
    {
        var tensors = state.ToDictionary();
        tensors["x"] = x;
        foreach (var (output, tensor) in expected)
            tensors["expected." + output] = tensor;
        string path = _folder[name + ".safetensors"];
        SafeTensors.Save(path, tensors, Metadata(kind));
        return (path, tensors);
    }

    private static Dictionary<string, string> Metadata(string kind) =>
        new()
        {
            ["kind"] = kind,
            ["nBlocks"] = JsonSerializer.Serialize(Config.Blocks),
            ["nStrides"] = JsonSerializer.Serialize(Config.Strides),
            ["coeff"] = Config.SpectralNorm.Coefficient.ToString(CultureInfo.InvariantCulture),
            ["inj_pad"] = "2",
        };

    /// <summary>By the first Python with torch: the user's own, or the system's.</summary>
    private static List<Dictionary<string, double>> Run(params string[] files)
    {
        string script = Path.Combine(Repository.Root, "tests", "IResNet.Tests", "Weights", "read_back.py");
        foreach (string interpreter in new[] { "python3", "/usr/bin/python3" })
        {
            if (Python(interpreter, [script, .. files]) is not var (code, output, fault) || code == NoTorch)
                continue;
            Assert.True(code == 0, fault);
            return
            [
                .. output
                    .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Select(line => JsonSerializer.Deserialize<Dictionary<string, double>>(line)!),
            ];
        }
        Assert.Skip("There is no Python with torch.");
        return [];
    }

    private static (int code, string output, string fault)? Python(string interpreter, string[] arguments)
    {
        try
        {
            using var python = Process.Start(
                new ProcessStartInfo(interpreter, arguments)
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                }
            )!;
            var fault = python.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            string output = python.StandardOutput.ReadToEnd();
            python.WaitForExit();
            return (python.ExitCode, output, fault.Result);
        }
        catch (Win32Exception)
        {
            return null; // not installed
        }
    }
}
