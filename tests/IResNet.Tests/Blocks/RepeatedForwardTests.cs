namespace IResNet.Tests.Blocks;

/// <summary>
/// A model applied more than once before one backward pass, in training mode: shared blocks, contrastive losses. The
/// power iterations of a later pass must not touch what the graph of an earlier one keeps.
/// </summary>
public class RepeatedForwardTests
{
    public static TheoryData<string> Names => BijectionCases.Names;

    /// <summary>One backward pass of a sum gives what a backward pass of each term gives.</summary>
    [Theory, MemberData(nameof(Names))]
    public void GradientsAddUp(string name)
    {
        using var scope = NewDisposeScope();
        var together = Gradients(name, ScalarType.Float64, atOnce: true);
        var apart = Gradients(name, ScalarType.Float64, atOnce: false);
        foreach (var (parameter, gradient) in together)
            Expect.Near(gradient, apart[parameter], 1e-9, parameter);
    }

    /// <summary>The same in single precision, where kernels may take the step.</summary>
    [Theory, MemberData(nameof(Names))]
    public void GradientsAddUpInSinglePrecision(string name)
    {
        using var scope = NewDisposeScope();
        var together = Gradients(name, ScalarType.Float32, atOnce: true);
        var apart = Gradients(name, ScalarType.Float32, atOnce: false);
        foreach (var (parameter, gradient) in together)
            Expect.Near(gradient, apart[parameter], 1e-4 * (1 + Expect.MaxAbs(apart[parameter])), parameter);
    }

    /// <summary>A block that stands twice in a sequence is normalized once, and both of its uses have a
    /// gradient.</summary>
    [Theory, InlineData(ScalarType.Float32, 1e-4), InlineData(ScalarType.Float64, 1e-12)]
    public void OneBlockTwiceInASequence(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(1);
        var block = Draw.Prepared(new ResidualBlock(new ConvBranch(new(2, 4, 4), 4, 0.8), new NoLogDet()));
        var sequence = new Sequence(block, block);
        sequence.to(type);
        sequence.train();
        var x = Draw.Normal(16, 2, 4, 4).to(type);
        var u = block.Branch.Layers[0].U.clone();
        sequence.forward(x).y.square().sum().backward();
        var gradient = block.Branch.Layers[0].Weight.grad!.clone();
        Assert.True(Expect.MaxAbs(block.Branch.Layers[0].U - u) > 0);

        // The same weights as functions of the raw ones, with u and v as they are now.
        block.zero_grad();
        block.eval();
        block.forward(block.forward(x).y).y.square().sum().backward();
        Expect.Close(gradient, block.Branch.Layers[0].Weight.grad!, tolerance, "gradient");
    }

    private static Dictionary<string, Tensor> Gradients(string name, ScalarType type, bool atOnce)
    {
        var (bijection, x) = BijectionCases.Create(name, seed: 1);
        if (type == ScalarType.Float32)
            foreach (var block in bijection.modules().Append(bijection).OfType<ResidualBlock>())
                block.Estimator = new NoLogDet();
        bijection.to(type);
        bijection.train();
        // Sixteen examples are enough for every kernel.
        x = x.to(type).repeat([16, .. x.shape.Skip(1).Select(_ => 1L)]);
        x = x + 0.1 * randn_like(x);
        Tensor[] losses = [Loss(x)];
        if (!atOnce)
            losses[0].backward();
        losses = [.. losses, 2 * Loss(x + 1)];
        (atOnce ? losses[0] + losses[1] : losses[1]).backward();
        return bijection
            .named_parameters()
            .Where(pair => pair.parameter.grad is not null)
            .ToDictionary(pair => pair.name, pair => pair.parameter.grad!);

        Tensor Loss(Tensor at)
        {
            var (y, logDet) = bijection.forward(at);
            var loss = y.square().mean() + logDet.mean();
            return loss.requires_grad ? loss : loss + zeros_like(loss).requires_grad_();
        }
    }
}
