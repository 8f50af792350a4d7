namespace IResNet.Tests.Parity;

/// <summary>LipSwish with its derivatives, for several raw betas.</summary>
[Trait("Category", "OfficialParity")]
public class LipSwishParityTests
{
    // Numbers of float32 are compared where their rounding is amplified by tails of the sigmoid.
    private const double Single = 1e-5,
        Double = 1e-13;

    public static TheoryData<string?> Files => OfficialFixtures.OfKind("lipswish");

    [Theory, MemberData(nameof(Files))]
    public void Values(string? file) =>
        Each(file, (swish, x, expected) =>
            Expect.Close(swish.forward(x), expected("y").value, expected("y").relative, "y")
        );

    [Theory, MemberData(nameof(Files))]
    public void FirstDerivatives(string? file) => Each(file, (swish, x, expected) =>
        {
            var (value, relative) = expected("dx");
            Expect.Close(swish.Derivative(x, swish.forward(x)), value, relative, "phi'");
            Expect.Close(autograd.grad([swish.forward(x).sum()], [x])[0], value, relative, "phi' by torch");
        });

    [Theory, MemberData(nameof(Files))]
    public void SecondDerivatives(string? file) => Each(file, (swish, x, expected) =>
        {
            var (value, relative) = expected("d2x");
            var derivative = swish.Derivative(x, swish.forward(x));
            Expect.Close(autograd.grad([derivative.sum()], [x])[0], value, relative, "phi''");
        });

    /// <summary>By the raw beta, for each x by itself.</summary>
    [Theory, MemberData(nameof(Files))]
    public void DerivativesByBeta(string? file) => Each(file, (swish, x, expected) =>
        {
            var (value, relative) = expected("dbeta");
            var beta = swish.parameters().Single();
            var each = Enumerable
                .Range(0, (int)x.numel())
                .Select(i => autograd.grad([swish.forward(x.narrow(0, i, 1)).sum()], [beta])[0]);
            Expect.Close(cat([.. each]), value, relative, "by beta");
        });

    /// <summary>The largest of the file's points, and none on a fine grid above the constant that is claimed.</summary>
    [Theory, MemberData(nameof(Files))]
    public void LargestDerivative(string? file)
    {
        using var official = OfficialFixtures.Open(file);
        var betas = official["beta"];
        for (int i = 0; i < betas.numel(); i++)
        {
            var swish = Create(betas[i].ToDouble(), ScalarType.Float64);
            Tensor Largest(Tensor x) => swish.Derivative(x, swish.forward(x)).max();
            var points = official["x"].to(ScalarType.Float64);
            Expect.Close(Largest(points), official["maximal_derivative64"][i], Double, $"beta {i}");
            Assert.InRange(Largest(linspace(-100, 100, 200_001, ScalarType.Float64)).ToDouble(), 0.999, 1);
            Assert.Equal(1, swish.LipschitzBound);
        }
    }

    /// <summary>Checks every beta in both types, with the row of the file for it.</summary>
    private static void Each(
        string? file,
        Action<LipSwish, Tensor, Func<string, (Tensor value, double relative)>> check
    )
    {
        using var official = OfficialFixtures.Open(file);
        var betas = official["beta"];
        Assert.True(betas.numel() > 0);
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            bool isSingle = type == ScalarType.Float32;
            for (int i = 0; i < betas.numel(); i++)
            {
                var x = official["x"].to(type).detach().clone().requires_grad_();
                check(Create(betas[i].ToDouble(), type), x, name =>
                    (official[$"lipswish.{name}{(isSingle ? "" : "64")}"][i], isSingle ? Single : Double)
                );
            }
        }
    }

    private static LipSwish Create(double beta, ScalarType type)
    {
        var swish = new LipSwish();
        swish.to(type);
        using (no_grad())
            swish.parameters().Single().fill_(beta);
        return swish;
    }
}
