using IResNet.Experiments.Training.Optimizers;

namespace IResNet.Tests.SpectralNorm;

/// <summary>
/// Whatever a model remembers of its weights, and whoever writes these: every figure is that of the weights it has now,
/// as a model gives them that remembers nothing.
/// </summary>
public class WrittenWeightTests
{
    private static readonly FlowConfig Config = new()
    {
        Input = new(1, 4, 4),
        Blocks = [1, 1],
        Strides = [2, 1],
        Hidden = [6, 6],
    };

    private static readonly Dictionary<string, Func<nn.Module<Tensor, Tensor>>> Models = new()
    {
        ["multiscale"] = () => new MultiscaleFlow(Config),
        ["single scale"] = () => new SingleScaleFlow(Config),
        ["without normalization"] = () => new SingleScaleFlow(Config with { SpectralNorm = new() { Enabled = false } }),
        ["2-D"] = () => new ToyFlow(2, [6, 6]),
        ["Glow"] = () => new MultiscaleFlow(Config with { Kind = BlockKind.AffineGlow }),
        ["classifier"] = () => new Classifier(Config with { Padding = 1 }, classes: 3),
    };

    private static readonly Dictionary<string, Action<nn.Module, nn.Module>> Writers = new()
    {
        ["load_state_dict"] = (model, other) => model.load_state_dict(other.state_dict()),
        ["load"] = (model, other) =>
        {
            string file = Path.GetTempFileName();
            other.save(file);
            model.load(file);
            File.Delete(file);
        },
        ["StateDict.Copy"] = (model, other) => StateDict.Copy(other.state_dict(), model.state_dict()),
        ["official weights"] = (model, other) =>
        {
            if (model is Classifier classifier)
                OfficialWeights.Load(classifier, OfficialWeights.Named((Classifier)other));
            else if (model is Flow { ResidualBlocks.Count: > 0 } flow and not ToyFlow)
                OfficialWeights.Load(flow, OfficialWeights.Named((Flow)other));
            else
                StateDict.Copy(other.state_dict(), model.state_dict());
        },
        ["in place"] = (model, _) =>
        {
            foreach (var parameter in model.parameters())
                parameter.mul_(0.5);
        },
        ["one weight's element"] = (model, _) =>
        {
            foreach (var parameter in model.parameters())
                parameter.flatten()[0] = 1.25;
        },
        ["raw memory"] = (model, other) =>
        {
            var from = other.state_dict();
            foreach (var (name, tensor) in model.state_dict())
                from[name].bytes.CopyTo(tensor.bytes);
        },
        ["an optimiser of torch"] = (model, _) =>
        {
            var optimizer = optim.SGD(model.parameters(), 0.1);
            foreach (var parameter in model.parameters())
                parameter.grad = ones_like(parameter);
            optimizer.step();
        },
        ["the trainer's parameters"] = (model, _) =>
        {
            var flat = new FlatParameters(model);
            flat.Assign(flat.Values().mul(0.5));
        },
        ["power iterations"] = (model, _) =>
        {
            foreach (var layer in model.modules().OfType<SpectralLayer>().Distinct())
                layer.PowerIteration(1);
        },
        ["u and v"] = (model, other) =>
        {
            var from = other.state_dict();
            foreach (var (name, tensor) in model.state_dict())
                if (name.EndsWith(".u", StringComparison.Ordinal) || name.EndsWith(".v", StringComparison.Ordinal))
                    tensor.copy_(from[name]);
        },
        ["another type"] = (model, _) => model.to(ScalarType.Float32),
        ["another type and back"] = (model, _) => model.to(ScalarType.Float32).to(ScalarType.Float64),
    };

    public static TheoryData<string, string, FrozenNorm?> Cases =>
        new(
            from model in Models.Keys
            from writer in Writers.Keys
            from norm in new FrozenNorm?[] { FrozenNorm.Certified, FrozenNorm.PowerIteration, null }
            select new TheoryDataRow<string, string, FrozenNorm?>(model, writer, norm)
        );

    [Theory, MemberData(nameof(Cases))]
    public void FiguresAreThoseOfTheWrittenWeights(string name, string writer, FrozenNorm? norm)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (model, other, fresh) = (Create(name, 1), Create(name, 2), Create(name, 3));
        Prepare(model, norm);
        var before = Figures(model);
        Writers[writer](model, other);
        fresh.to(model.parameters().First().dtype);
        StateDict.Copy(model.state_dict(), fresh.state_dict());
        Prepare(fresh, norm);
        var (got, right) = (Figures(model), Figures(fresh));
        foreach (var (figure, value) in right)
            Expect.Near(got[figure], value, 0, figure);
        // A writer that changed nothing would prove nothing. Only a norm by power iteration depends on u and v.
        if (writer is "power iterations" or "u and v")
            if (norm == FrozenNorm.Certified || name is "Glow" or "without normalization")
                return;
        Assert.Contains(right, figure => Expect.MaxAbs(figure.Value - before[figure.Key]) > 0);
    }

    private static nn.Module<Tensor, Tensor> Create(string name, int seed)
    {
        Draw.Seed(seed);
        // Few power iterations: u and v are still on their way.
        var model = Draw.Prepared(Models[name](), powerIterations: 2);
        foreach (var block in FlowOf(model).ResidualBlocks)
            block.Estimator = model is Classifier ? new NoLogDet() : new ExactLogDet();
        return model;
    }

    private static Flow FlowOf(nn.Module model) => model is Classifier classifier ? classifier.Body : (Flow)model;

    private static void Prepare(nn.Module model, FrozenNorm? norm)
    {
        model.eval();
        if (norm is { } fixedNorm)
            FlowOf(model).Freeze(fixedNorm);
    }

    /// <summary>All that a model says: each fills, and then reads, what it remembers.</summary>
    private static Dictionary<string, Tensor> Figures(nn.Module<Tensor, Tensor> model)
    {
        var flow = FlowOf(model);
        var type = flow.Type;
        long[] shape = flow is ToyFlow ? [3, 2] : [3, 1, 4, 4];
        var x = arange(3 * shape.Skip(1).Aggregate(1L, (a, b) => a * b), type).mul(0.7).sin().view(shape);
        var z = flow.LatentsOf(x);
        var result = new Dictionary<string, Tensor> { ["output"] = model.forward(x), ["latents"] = z };
        var bounds = flow.ResidualBlocks.Select(block => block.Branch.LipschitzBound()).ToList();
        if (bounds.All(bound => bound < 1))
        {
            // Where nothing bounds the norms, no inverse need exist.
            var back = flow.Transform.Inverse(z, 1e-6);
            result["inverse"] = back.Value;
            result["error bound"] = tensor(back.ErrorBound);
        }
        foreach (var (i, block) in flow.ResidualBlocks.Index())
        {
            result[$"bound {i}"] = tensor(bounds[i]);
            foreach (var (j, layer) in block.Branch.Layers.Index())
            {
                result[$"weight {i}.{j}"] = layer.EffectiveWeight().clone();
                result[$"norm {i}.{j}"] = tensor(layer.NormEstimate());
            }
        }
        return result;
    }
}
