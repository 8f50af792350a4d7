namespace IResNet.Cpu;

/// <summary>
/// An activation phi on the lanes of a vector, at one place of a branch. Kernels are written once, for any activation.
/// </summary>
internal interface IVectorActivation<TVector, TSelf>
    where TVector : unmanaged, IVector<TVector>
    where TSelf : unmanaged, IVectorActivation<TVector, TSelf>
{
    /// <summary>
    /// Whether the derivatives follow from the value at next to no cost: then kernels keep nothing else. Otherwise they
    /// keep the derivatives, and evaluate phi again in the backward pass.
    /// </summary>
    static abstract bool FollowsFromValue { get; }

    /// <summary>
    /// Whether phi is learned: phi(p) = f(beta p) / beta with beta a function of one raw parameter.
    /// </summary>
    static abstract bool IsLearned { get; }

    /// <summary>With a raw parameter, if <see cref="IsLearned"/>.</summary>
    static abstract TSelf Of(float parameter);

    /// <summary>phi(p).</summary>
    /// <param name="p">The preactivation; NaN stays NaN.</param>
    /// <param name="s">What the derivatives are made of: the value itself where <see cref="FollowsFromValue"/>,
    /// else a sigmoid.</param>
    /// <param name="complement">1 - s without the loss of digits where s is close to 1; of no meaning where
    /// <see cref="FollowsFromValue"/>.</param>
    TVector Value(TVector p, out TVector s, out TVector complement);

    /// <summary>phi'(p).</summary>
    /// <param name="p">The preactivation, which is not looked at where <see cref="FollowsFromValue"/>.</param>
    /// <param name="s">As <see cref="Value"/> gave it.</param>
    /// <param name="complement">Likewise.</param>
    TVector Derivative(TVector p, TVector s, TVector complement);

    /// <summary>phi''(p); where <see cref="FollowsFromValue"/>, phi''(p) / phi'(p).</summary>
    /// <param name="p">As above.</param>
    /// <param name="s">As above.</param>
    /// <param name="complement">As above.</param>
    TVector Curvature(TVector p, TVector s, TVector complement);

    /// <summary>
    /// The raw parameter's gradient, from the sum of p dp - a da, with the cotangents da of the value a = phi(p) and dp
    /// of p: beta times that of beta, as p d/dp and beta d/dbeta are the same on functions of beta p.
    /// </summary>
    float ParameterGradient(float sum);
}
