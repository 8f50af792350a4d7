using System.Runtime.Intrinsics.X86;
using IResNet.Cpu;

namespace IResNet.Tests.Cpu;

/// <summary>
/// The activations on lanes are those of torch in float64, with both derivatives, at every width of vectors.
/// </summary>
public class VectorActivationTests
{
    // A few rounding units of numbers around 1.
    private const double Tolerance = 5e-7;

    private static readonly double[] Points =
    [
        .. Enumerable.Range(-400, 801).Select(i => (double)(float)(i / 13.7)),
        -1e4,
        -100,
        -1e-5,
        1e-5,
        100,
        1e4,
    ];

    [Fact]
    public void SixteenFloats()
    {
        Assert.SkipUnless(Avx512F.IsSupported, "This processor has no AVX-512.");
        AreThoseOfTorch<Floats16>();
    }

    [Fact]
    public void EightFloats()
    {
        Assert.SkipUnless(Avx2.IsSupported && Fma.IsSupported, "This processor has no AVX2 or no FMA.");
        AreThoseOfTorch<Floats8>();
    }

    [Fact]
    public void FourFloats() => AreThoseOfTorch<Floats4>();

    private static void AreThoseOfTorch<TVector>()
        where TVector : unmanaged, IVector<TVector>
    {
        AreThoseOfTorch<TVector, VectorElu<TVector>>(new Elu());
        AreThoseOfTorch<TVector, VectorRelu<TVector>>(new Relu());
        AreThoseOfTorch<TVector, VectorSoftplus<TVector>>(new Softplus());
        AreThoseOfTorch<TVector, VectorLipSwish<TVector>>(new LipSwish());
    }

    private static void AreThoseOfTorch<TVector, TActivation>(Activation activation)
        where TVector : unmanaged, IVector<TVector>
        where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
    {
        using var scope = NewDisposeScope();
        var phi = TActivation.Of(activation.parameters().FirstOrDefault() is { } b ? (float)b.ToDouble() : 0);
        activation.to(ScalarType.Float64);
        var p = tensor(Points, requires_grad: true);
        var value = activation.forward(p);
        var derivative = activation.Derivative(p, value);
        // A derivative that does not depend on p has no graph.
        var curvature = derivative.requires_grad
            ? autograd.grad([derivative.sum()], [p], allow_unused: true)[0]
            : zeros_like(p);
        var (own, first, second) = (new double[Points.Length], new double[Points.Length], new double[Points.Length]);
        for (int i = 0; i < Points.Length; i++)
        {
            var x = TVector.Create((float)Points[i]);
            own[i] = Lane(phi.Value(x, out var s, out var complement));
            if (TActivation.FollowsFromValue)
                (x, s) = (TVector.Create(float.NaN), TVector.Create((float)own[i]));
            first[i] = Lane(phi.Derivative(x, s, complement));
            second[i] = Lane(phi.Curvature(x, s, complement)) * (TActivation.FollowsFromValue ? first[i] : 1);
        }
        string name = $"{activation.GetName()}, {TVector.Name}";
        var scale = value.detach().abs().clamp_min(1);
        Expect.Near(tensor(own) / scale, value.detach() / scale, Tolerance, $"{name}, value");
        Expect.Near(tensor(first), derivative.detach(), Tolerance, $"{name}, derivative");
        Expect.Near(tensor(second), curvature, Tolerance, $"{name}, second derivative");
        Assert.True(float.IsNaN(Lane(phi.Value(TVector.Create(float.NaN), out _, out _))), name);
    }

    /// <summary>The number that stands in every lane.</summary>
    private static float Lane<TVector>(TVector vector)
        where TVector : unmanaged, IVector<TVector> => TVector.Sum(vector) / TVector.Lanes;
}
