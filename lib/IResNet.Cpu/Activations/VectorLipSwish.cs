using System.Runtime.CompilerServices;

namespace IResNet.Cpu;

/// <summary>
/// <see cref="LipSwish"/>: p s / 1.1 with s = sigmoid(z), z = beta p, beta = softplus(b). Its value does not determine
/// its derivative, as it first falls and then rises.
/// </summary>
internal readonly struct VectorLipSwish<TVector> : IVectorActivation<TVector, VectorLipSwish<TVector>>
    where TVector : unmanaged, IVector<TVector>
{
    private const float Scale = 1 / 1.1f;

    private readonly float _beta,
        _derivativeOfBeta;

    private VectorLipSwish(float parameter)
    {
        double b = parameter;
        _beta = (float)(Math.Max(b, 0) + double.LogP1(Math.Exp(-Math.Abs(b))));
        _derivativeOfBeta = (float)(1 / (1 + Math.Exp(-b)));
    }

    /// <inheritdoc/>
    public static bool FollowsFromValue => false;

    /// <inheritdoc/>
    public static bool IsLearned => true;

    /// <inheritdoc/>
    public static VectorLipSwish<TVector> Of(float parameter) => new(parameter);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Value(TVector p, out TVector s, out TVector complement)
    {
        var one = TVector.Create(1);
        var y = VectorExponential<TVector>.Of(p * TVector.Create(-_beta));
        s = one / (one + y);
        complement = y * s;
        return p * s * TVector.Create(Scale);
    }

    /// <summary>s (1 + z (1 - s)) / 1.1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Derivative(TVector p, TVector s, TVector complement) =>
        s * TVector.Create(Scale) * TVector.MultiplyAdd(p * TVector.Create(_beta), complement, TVector.Create(1));

    /// <summary>beta s (1 - s) (2 + z (1 - 2 s)) / 1.1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Curvature(TVector p, TVector s, TVector complement)
    {
        var bracket = TVector.MultiplyAdd(p * TVector.Create(_beta), complement - s, TVector.Create(2));
        return s * complement * TVector.Create(Scale * _beta) * bracket;
    }

    /// <inheritdoc/>
    public float ParameterGradient(float sum) => sum / _beta * _derivativeOfBeta;
}
