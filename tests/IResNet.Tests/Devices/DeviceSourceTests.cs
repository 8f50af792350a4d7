using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace IResNet.Tests.Devices;

/// <summary>
/// What no run on a CPU can show: the sources of the mathematics, and of training and evaluation, make no tensor
/// without saying where, and wait for a device at few places, each with a reason.
/// </summary>
public class DeviceSourceTests
{
    private static readonly string[] Creations =
    [
        "zeros",
        "ones",
        "empty",
        "full",
        "rand",
        "randn",
        "randint",
        "randperm",
        "arange",
        "linspace",
        "logspace",
        "eye",
        "tensor",
        "as_tensor",
        "from_array",
        "frombuffer",
        "scalar_tensor",
    ];

    /// <summary>What waits for a device. The tensors' own methods may stand in <see cref="Readout"/> alone.</summary>
    private static readonly string[] Waits =

        [
            "item",
            "ToDouble",
            "ToSingle",
            "ToBoolean",
            "ToInt32",
            "ToInt64",
            "ToByte",
            "cpu",
            "data",
            "bytes",
            "nonzero",
        ],
        Reads = ["ReadDouble", "ReadBoolean", "ReadDoubles", "ReadIsFinite", "ReadLargest"];

    private static readonly string[] Folders =
    [
        "lib/IResNet",
        "lib/IResNet.Experiments/Data",
        "lib/IResNet.Experiments/Figures",
        "lib/IResNet.Experiments/Runs",
        "lib/IResNet.Experiments/Training",
    ];

    /// <summary>Files that may touch a tensor's memory, and why.</summary>
    private static readonly Dictionary<string, string> MemoryAllowed = new()
    {
        ["Readout.cs"] = "the place where numbers are read",
        ["SafeTensors.cs"] = "files are written from and read into the CPU's memory",
        ["RademacherProbes.cs"] = "one random bit for each sign, drawn on the CPU",
        ["Batches.cs"] = "images come as bytes of the CPU",
        ["Preprocessing.cs"] = "images come as bytes of the CPU",
        ["PictureGrid.cs"] = "pictures go into files",
        ["OperatorNorm.cs"] = "the frequencies at which a certified norm is not proven yet",
        ["FrozenWeight.cs"] = "weights that lie open in the CPU's memory are compared there",
    };

    /// <summary>Files that may wait for numbers in a forward pass, a training step or an iteration, and why.</summary>
    private static readonly Dictionary<string, string> ReadsAllowed = new()
    {
        ["Guard.cs"] = "a batch that is not finite is refused before anything is computed from it",
        ["ActNorm.cs"] = "whether it is initialised is part of the state, which anybody may have loaded; bounds",
        ["FrozenWeight.cs"] = "whether the raw weight is still the one that was frozen",
        ["SpectralLayer.cs"] = "the estimate of a norm, where it is asked for",
        ["EuclideanNorm.cs"] = "the estimate of a norm, where it is asked for",
        ["ClosedFormNorm.cs"] = "bounds, where they are asked for",
        ["IteratedNorm.cs"] = "the estimate of a norm, where it is asked for; whether a search has arrived",
        ["NormOrder.cs"] = "a learned order, where a bound in its norm is asked for",
        ["ResidualBlock.cs"] = "the certificate of an inverse",
        ["OperatorNorm.cs"] = "certified norms are proven on the CPU's numbers",
        ["GramPolynomial.cs"] = "certified norms are proven on the CPU's numbers",
        ["ConcatenationLayer.cs"] = "a bound, where it is asked for",
        ["ResidualFlowWeights.cs"] = "weights are judged before they are copied",
        ["InvertibleLinear.cs"] = "a bound, where it is asked for",
        ["InverseSolver.cs"] = "the certificate of an inverse",
        ["IterativeSolver.cs"] = "whether an iteration has arrived",
        ["FixedPoint.cs"] = "whether an iteration has arrived",
        ["Arnoldi.cs"] = "small matrices' logarithms are computed on the CPU; evaluation",
        ["TermDistribution.cs"] = "how many terms a step takes; drawn on the CPU",
        ["EvaluatedBlocks.cs"] = "evaluation",
        ["ClassGaussians.cs"] = "whether they know the classes, once before the first step",
        ["ClassLabels.cs"] = "labels are judged before native code takes them",
        ["StateDict.cs"] = "weights are judged before they are copied",
        ["Trainer.cs"] = "loss and gradient norm of a step, which are logged, and judged before the update",
        ["FlatParameters.cs"] = "the gradient is judged before the update",
        ["NonFiniteLayer.cs"] = "the search for a fault, after it happened",
        ["LineDynamics.cs"] = "the loss of a step, which is kept; a model of the CPU",
        ["DensityEvaluator.cs"] = "figures, at the end of a batch",
        ["ClassifierEvaluator.cs"] = "figures, at the end of a batch",
        ["ToyTask.cs"] = "figures, at the end of an evaluation",
        ["CheckpointPart.cs"] = "a checkpoint is judged before it is used",
        ["Reconstruction.cs"] = "figures",
        ["SampleJudgement.cs"] = "figures, at the end of a batch",
    };

    [Fact]
    public void EveryTensorIsMadeOnANamedDevice() =>
        Assert.Empty(Sources().SelectMany(source => Judged(source.Path, source.Root, WithoutADevice)));

    [Fact]
    public void DevicesAreWaitedForWhereAReasonIsGiven() =>
        Assert.Empty(Sources().SelectMany(source => Judged(source.Path, source.Root, WithoutAReason)));

    /// <summary>A reason for what is not there any more is a reason too many.</summary>
    [Fact]
    public void EveryReasonIsNeeded()
    {
        var used = Sources()
            .SelectMany(source =>
                source
                    .Root.DescendantNodes()
                    .OfType<MemberAccessExpressionSyntax>()
                    .Select(access => (File: Path.GetFileName(source.Path), Name: access.Name.Identifier.Text))
            )
            .ToList();
        Assert.All(MemoryAllowed.Keys, file =>
            Assert.Contains(used, use => use.File == file && Waits.Contains(use.Name))
        );
        Assert.All(ReadsAllowed.Keys, file =>
            Assert.Contains(used, use => use.File == file && Reads.Contains(use.Name))
        );
    }

    /// <summary>The control: each fault is found where it is.</summary>
    [Theory]
    [InlineData("x = zeros(3);", 1)]
    [InlineData("x = torch.arange(n, dtype: type);", 1)]
    [InlineData("x = tensor(values, ScalarType.Float64).mul(2);", 1)]
    [InlineData("var g = new Generator(seed, device);", 1)]
    [InlineData("var g = new torch.Generator(seed, flow.Prior.Mean.device);", 1)]
    [InlineData("x = zeros(3, device: y.device);", 0)]
    [InlineData("x = tensor(values, type, CPU);", 0)]
    [InlineData("x = zeros_like(y); y.zeros(3); var g = new Generator(seed);", 0)]
    public void MissingDevicesAreFound(string code, int faults) =>
        Assert.Equal(faults, Judged("X.cs", Parsed(code), WithoutADevice).Count());

    /// <inheritdoc cref="MissingDevicesAreFound"/>
    [Theory]
    [InlineData("X.cs", "double d = x.sum().ToDouble();", 1)]
    [InlineData("X.cs", "double d = x.item<double>();", 1)]
    [InlineData("X.cs", "var a = x.cpu().data<float>();", 2)]
    [InlineData("X.cs", "double d = x.ReadDouble();", 1)]
    [InlineData("Trainer.cs", "double d = x.ReadDouble();", 0)]
    [InlineData("Trainer.cs", "double d = x.ToDouble();", 1)]
    [InlineData("X.cs", "var y = x.to(type).bytesPerSecond;", 0)]
    public void MissingReasonsAreFound(string file, string code, int faults) =>
        Assert.Equal(faults, Judged(file, Parsed(code), WithoutAReason).Count());

    private static SyntaxNode Parsed(string code)
    {
        var cancel = TestContext.Current.CancellationToken;
        return CSharpSyntaxTree.ParseText(code, cancellationToken: cancel).GetRoot(cancel);
    }

    private static IEnumerable<(string Path, SyntaxNode Root)> Sources() =>
        from folder in Folders
        let root = Path.Combine(Repository.Root, folder)
        from file in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
        let parts = Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar)
        where parts[0] is not ("bin" or "obj")
        select (file, CSharpSyntaxTree.ParseText(File.ReadAllText(file)).GetRoot());

    private static IEnumerable<string> Judged(string path, SyntaxNode root, Func<string, SyntaxNode, bool> isFault) =>
        from node in root.DescendantNodes()
        where isFault(Path.GetFileName(path), node)
        let line = node.GetLocation().GetLineSpan().StartLinePosition.Line + 1
        select $"{path}:{line}: {node.ToString().ReplaceLineEndings(" ")}";

    private static bool WithoutADevice(string file, SyntaxNode node) =>
        node switch
        {
            // TorchSharp ignores a generator's device.
            ObjectCreationExpressionSyntax { Type: var type, ArgumentList.Arguments.Count: > 1 } => type.ToString()
                is "Generator"
                    or "torch.Generator",
            InvocationExpressionSyntax { ArgumentList: var arguments } call when IsCreation(call) =>
                !arguments.Arguments.Any(NamesADevice),
            _ => false,
        };

    private static bool IsCreation(InvocationExpressionSyntax call) =>
        call.Expression switch
        {
            IdentifierNameSyntax name => Creations.Contains(name.Identifier.Text),
            MemberAccessExpressionSyntax
            {
                Expression: IdentifierNameSyntax { Identifier.Text: "torch" },
                Name: var name
            } => Creations.Contains(name.Identifier.Text),
            _ => false,
        };

    private static bool NamesADevice(ArgumentSyntax argument) =>
        argument.NameColon?.Name.Identifier.Text == "device"
        || argument
            .Expression.DescendantNodesAndSelf()
            .OfType<IdentifierNameSyntax>()
            .Any(name => name.Identifier.Text is "CPU" or "device" or "Device");

    private static bool WithoutAReason(string file, SyntaxNode node) =>
        node is MemberAccessExpressionSyntax { Name.Identifier.Text: var name }
        && (
            (Waits.Contains(name) && !MemoryAllowed.ContainsKey(file))
            || (Reads.Contains(name) && !ReadsAllowed.ContainsKey(file) && !IsFigure(node))
        );

    /// <summary>Figures are what these files are for: every number of them is asked for.</summary>
    private static bool IsFigure(SyntaxNode node) =>
        node
            .SyntaxTree.GetRoot()
            .DescendantNodes()
            .OfType<BaseNamespaceDeclarationSyntax>()
            .Any(space => space.Name.ToString().EndsWith(".Figures", StringComparison.Ordinal));
}
