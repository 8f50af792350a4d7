namespace IResNet.Tests.Models;

/// <summary>
/// What no model can take is refused with a typed exception that says so, in training and in evaluation, forwards and
/// backwards. Some of it would end the process if it reached libtorch.
/// </summary>
public class BadInputTests
{
    private static readonly FlowConfig Config = new()
    {
        Input = new(2, 4, 4),
        Blocks = [1, 1],
        Strides = [1, 2],
        Hidden = [4, 4],
    };

    private static readonly Dictionary<string, (Func<nn.Module<Tensor, Tensor>> build, long[] shape)> Models = new()
    {
        ["ToyFlow"] = (() => new ToyFlow(2, [4]), [2]),
        ["SingleScaleFlow"] = (() => new SingleScaleFlow(Config), [2, 4, 4]),
        ["MultiscaleFlow"] = (() => new MultiscaleFlow(Config), [2, 4, 4]),
        ["MultiscaleFlow, squeeze first"] = (() => new MultiscaleFlow(Config with { Strides = [2, 1] }), [2, 4, 4]),
        ["Classifier"] = (() => new Classifier(Config, classes: 3), [2, 4, 4]),
        ["2-D Glow"] = (() => new ToyFlow(2, [4], kind: BlockKind.AffineGlow), [2]),
        ["single-scale affine Glow"] = (
            () => new SingleScaleFlow(Config with { Kind = BlockKind.AffineGlow }),
            [2, 4, 4]
        ),
        ["multiscale additive Glow"] = (
            () => new MultiscaleFlow(Config with { Kind = BlockKind.AdditiveGlow }),
            [2, 4, 4]
        ),
        ["Classifier, padded"] = (() => new Classifier(Config with { Padding = 2 }, classes: 3), [2, 4, 4]),
    };

    public static TheoryData<string, bool> Cases =>
        new(
            from name in Models.Keys
            from training in new[] { false, true }
            select new TheoryDataRow<string, bool>(name, training)
        );

    [Theory, MemberData(nameof(Cases))]
    public void NonFiniteNumbersAreRefused(string name, bool training)
    {
        using var scope = NewDisposeScope();
        var (model, x) = Create(name, training);
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            var spoilt = x.clone();
            using (no_grad())
                spoilt.view(-1)[1] = tensor(bad);
            Assert.Throws<NonFiniteException>(() => model.forward(spoilt));
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void WrongShapesAreRefused(string name, bool training)
    {
        using var scope = NewDisposeScope();
        var (model, x) = Create(name, training);
        long[] shape = x.shape;
        List<long[]> wrong =
        [
            [shape[0], shape[1] + 1, .. shape.Skip(2)],
            [shape[0], shape[1] - 1, .. shape.Skip(2)],
            [.. shape, 1],
            [shape[0]],
            [],
            [shape[0], 32],
        ];
        if (shape.Length == 4)
            wrong.AddRange([
                [3, 2, 5, 4],
                [3, 2, 4, 6],
                [3, 2, 2, 2],
                [2, 4, 4],
                [3, 4, 4, 2],
            ]);
        foreach (long[] bad in wrong)
            Assert.Throws<ShapeException>(() => model.forward(ones(bad)));
    }

    [Theory, MemberData(nameof(Cases))]
    public void EmptyBatchIsRefused(string name, bool training)
    {
        using var scope = NewDisposeScope();
        var (model, x) = Create(name, training);
        Assert.Throws<ShapeException>(() => model.forward(x.narrow(0, 0, 0)));
    }

    /// <summary>
    /// Another type than the parameters' is refused before libtorch sees it: both types are named, and what to convert.
    /// </summary>
    [Theory, MemberData(nameof(Cases))]
    public void OtherTypesAreRefused(string name, bool training)
    {
        using var scope = NewDisposeScope();
        var (model, x) = Create(name, training);
        foreach (
            var type in new[]
            {
                ScalarType.Float64,
                ScalarType.Float16,
                ScalarType.Byte,
                ScalarType.Int64,
                ScalarType.Bool,
            }
        )
        {
            string message = Assert.Throws<ShapeException>(() => model.forward(x.to(type))).Message;
            Assert.Contains($"is {type}, but", message);
            Assert.Contains("x.to(ScalarType.Float32)", message);
            Assert.Equal(
                type is ScalarType.Float64 or ScalarType.Float16,
                message.Contains($"model.to(ScalarType.{type})")
            );
        }

        model.to(ScalarType.Float64);
        Assert.Contains(
            "is Float32, but the model's parameters are Float64",
            Assert.Throws<ShapeException>(() => model.forward(x)).Message
        );
        Assert.True(isfinite(model.forward(x.to(ScalarType.Float64))).all().ToBoolean());
    }

    /// <summary>Backwards too, where the vector kernels would read numbers of one type as those of another.</summary>
    [Theory, MemberData(nameof(Cases))]
    public void OtherTypesOfLatentsAreRefused(string name, bool training)
    {
        using var scope = NewDisposeScope();
        var (model, x) = Create(name, training);
        var transform = model is Flow flow ? flow.Transform : ((Classifier)model).Body.Transform;
        model.eval();
        var z = transform.forward(x).y.detach();
        Assert.Throws<ShapeException>(() => transform.Inverse(z.to(ScalarType.Float64)));
        model.to(ScalarType.Float64);
        Assert.Throws<ShapeException>(() => transform.Inverse(z));
        Assert.True(isfinite(transform.Inverse(z.to(ScalarType.Float64)).Value).all().ToBoolean());
    }

    [Theory, MemberData(nameof(Cases))]
    public void BatchOfOneAndConstantImagesAreDefined(string name, bool training)
    {
        using var scope = NewDisposeScope();
        var (model, x) = Create(name, training);
        foreach (var batch in new[] { x.narrow(0, 0, 1), full_like(x, 0.5), zeros_like(x) })
        {
            var y = model.forward(batch);
            Assert.True(isfinite(y).all().ToBoolean());
            if (!training)
                continue;
            model.zero_grad();
            y.sum().backward();
            Assert.All(model.parameters().Where(parameter => parameter.grad is not null), parameter =>
                Assert.True(isfinite(parameter.grad!).all().ToBoolean())
            );
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void ZeroWeightsAreDefined(string name, bool training)
    {
        using var scope = NewDisposeScope();
        var (model, x) = Create(name, training);
        using (no_grad())
            foreach (var parameter in model.parameters())
                parameter.zero_();
        Assert.True(isfinite(model.forward(x)).all().ToBoolean());
        if (model is not Flow flow)
            return;
        flow.Freeze();
        Expect.Close(flow.Transform.Inverse(flow.LatentsOf(x)).Value, x, 1e-5, "inverse");
    }

    [Theory, MemberData(nameof(Cases))]
    public void BadLatentsAreRefused(string name, bool training)
    {
        using var scope = NewDisposeScope();
        var (model, x) = Create(name, training);
        var transform = model is Flow flow ? flow.Transform : ((Classifier)model).Body.Transform;
        transform.eval();
        var z = transform.forward(x).y.detach();
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity })
            foreach (long i in new[] { 0, z.size(1) / 2, z.size(1) - 1 })
            {
                var spoilt = z.clone();
                spoilt.select(1, i).fill_(bad);
                Assert.Throws<NonFiniteException>(() => transform.Inverse(spoilt));
            }
        Assert.Throws<ShapeException>(() => transform.Inverse(z.narrow(0, 0, 0)));
        Assert.Throws<ShapeException>(() => transform.Inverse(z.narrow(1, 0, 1)));
        Assert.Throws<ShapeException>(() => transform.Inverse(z.unsqueeze(-1)));
        Assert.Throws<ShapeException>(() => transform.Inverse(z.flatten()));
    }

    /// <summary>The parts by themselves, where a model's own checks do not come first.</summary>
    [Fact]
    public void PartsRefuseWhatDoesNotFit()
    {
        using var scope = NewDisposeScope();
        Tensor points = ones(3, 4),
            images = ones(3, 4, 2, 2),
            volumes = ones([3, 4, 2, 2, 2]),
            single = ones(4),
            sequences = ones(3, 4, 2);
        Refuses(
            new Squeeze(),
            points,
            single,
            sequences,
            volumes,
            ones(3, 1, 3, 4),
            ones(3, 1, 4, 5),
            ones(0, 1, 4, 4)
        );
        Refuses(new Flatten(new(4, 2, 2)), points, single, sequences, volumes, ones(3, 4, 2, 4), ones(0, 4, 2, 2));
        Refuses(new InjectivePadding(4, 2), points, single, sequences, volumes, ones(3, 3, 2, 2), ones(0, 4, 2, 2));
        Refuses(new ActNorm(4), single, ones(3, 5), ones(3, 5, 2, 2), ones(0, 4));
        Refuses(
            new FactorOut(new(4, 2, 2), new Flatten(new(2, 2, 2))),
            points,
            single,
            sequences,
            volumes,
            ones(3, 3, 2, 2),
            ones(0, 4, 2, 2)
        );
        Refuses(
            new ResidualBlock(new ConvBranch(new(4, 2, 2), 3)),
            points,
            single,
            sequences,
            volumes,
            ones(3, 4, 2, 4),
            ones(0, 4, 2, 2)
        );
        Refuses(new ResidualBlock(new DenseBranch(4, [3])), images, single, sequences, ones(3, 5), ones(0, 4));
        Refuses(new Sequence(), ones(0, 4));
        RefusesInverse(new Squeeze(), points, single, volumes, ones(3, 6, 2, 2), ones(0, 4, 2, 2));
        RefusesInverse(new Flatten(new(4, 2, 2)), images, single, ones(3, 15), ones(3, 16, 2), ones(0, 16));
        RefusesInverse(
            new InjectivePadding(4, 2),
            points,
            single,
            ones(3, 4, 2, 2),
            ones(3, 6),
            ones(3, 6, 2),
            ones(0, 6, 2, 2)
        );
        RefusesInverse(new ActNorm(4), single, ones(3, 5), ones(0, 4));
        RefusesInverse(
            new FactorOut(new(4, 2, 2), new Flatten(new(2, 2, 2))),
            points,
            images,
            single,
            ones(3, 16, 1),
            ones(0, 16)
        );
        RefusesInverse(
            new ResidualBlock(new ConvBranch(new(4, 2, 2), 3)),
            points,
            single,
            ones(3, 5, 2, 2),
            ones(0, 4, 2, 2)
        );
        RefusesInverse(new ResidualBlock(new DenseBranch(4, [3])), images, single, sequences, ones(3, 5), ones(0, 4));
        Refuses(
            new ResidualBlock(new ConvBranch(new(2, 4, 4), 3, activation: ActivationKind.MaxMin)),
            ones(1, 2, 4, 4)
        ); // an odd width
        Refuses(
            new ResidualBlock(new DenseBranch(2, [3], new SpectralNormOptions(), ActivationKind.MaxMin)),
            ones(1, 2)
        );
        var prior = new DiagonalGaussian(4);
        foreach (var bad in new[] { single, images, sequences, ones(3, 5), ones(0, 4) })
            Assert.Throws<ShapeException>(() => prior.forward(bad));
        Assert.Throws<ShapeException>(() => new FactorOut(new(1, 2, 2), new Flatten(new(1, 2, 2))));
        Assert.Throws<ShapeException>(() => new ImageShape(1, 3, 4).Squeezed());
        Assert.Throws<ArgumentOutOfRangeException>(() => new ActNorm(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new InjectivePadding(1, -1));
    }

    private static void Refuses(Bijection bijection, params Tensor[] inputs)
    {
        foreach (bool training in new[] { false, true })
        {
            bijection.train(training);
            Assert.All(inputs, x => Assert.Throws<ShapeException>(() => bijection.forward(x)));
        }
    }

    private static void RefusesInverse(Bijection bijection, params Tensor[] outputs) =>
        Assert.All(outputs, y => Assert.Throws<ShapeException>(() => bijection.Inverse(y)));

    private static (nn.Module<Tensor, Tensor> model, Tensor x) Create(string name, bool training)
    {
        Draw.Seed(1);
        var (build, shape) = Models[name];
        var model = build();
        model.train(training);
        return (model, randn([3, .. shape]));
    }
}
