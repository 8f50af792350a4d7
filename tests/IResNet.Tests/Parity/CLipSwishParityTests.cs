namespace IResNet.Tests.Parity;

/// <summary>CLipSwish, which doubles the channels, with its products and derivatives for one raw beta.</summary>
[Trait("Category", "OfficialParity")]
public class CLipSwishParityTests
{
    private const double Single = 1e-5,
        Double = 1e-13;

    public static TheoryData<string?> Files => OfficialFixtures.OfKind("lipswish");

    [Theory, MemberData(nameof(Files))]
    public void Values(string? file) =>
        Each(file, (swish, x, _, expected) =>
            Expect.Close(swish.forward(x), expected("y").value, expected("y").relative, "y")
        );

    /// <summary>Ours and torch's, by x.</summary>
    [Theory, MemberData(nameof(Files))]
    public void VectorJacobianProducts(string? file) => Each(file, (swish, x, cotangent, expected) =>
        {
            var (value, relative) = expected("vjp");
            var y = swish.forward(x);
            Expect.Close(swish.Vjp(swish.Derivative(x, y), cotangent), value, relative, "J'u");
            Expect.Close(autograd.grad([y], [x], [cotangent])[0], value, relative, "J'u by torch");
            // The other side of the same bilinear form, with x as the direction.
            var product = (swish.Jvp(swish.Derivative(x, y), x) * cotangent).sum();
            Expect.Close(product, (value * x).sum(), relative, "u.J x");
        });

    [Theory, MemberData(nameof(Files))]
    public void DerivativeByBeta(string? file) => Each(file, (swish, x, cotangent, expected) =>
        {
            var (value, relative) = expected("dbeta");
            var beta = swish.parameters().Single();
            Expect.Close(autograd.grad([swish.forward(x)], [beta], [cotangent])[0], value, relative, "by beta");
        });

    /// <summary>Checks both types, with the file's points, cotangent and row.</summary>
    private static void Each(
        string? file,
        Action<CLipSwish, Tensor, Tensor, Func<string, (Tensor value, double relative)>> check
    )
    {
        using var official = OfficialFixtures.Open(file);
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            bool isSingle = type == ScalarType.Float32;
            var swish = new CLipSwish();
            swish.to(type);
            using (no_grad())
                swish.parameters().Single().fill_(official.Number("clipswish_beta"));
            check(
                swish,
                official["clipswish.x"].to(type).detach().clone().requires_grad_(),
                official["clipswish.cotangent"].to(type),
                name => (official[$"clipswish.{name}{(isSingle ? "" : "64")}"], isSingle ? Single : Double)
            );
        }
    }
}
