namespace IResNet.Tests.Parity;

/// <summary>
/// Activations by the names that the official codes give them. Those that the library does not have are defined here,
/// as anybody can.
/// </summary>
internal static class OfficialActivations
{
    /// <summary>Those defined here.</summary>
    public static IReadOnlyList<ActivationKind> Own { get; } =
    [
        new(nameof(Identity), () => new Identity()),
        new(nameof(LipschitzCube), () => new LipschitzCube()),
        new(nameof(FullSort), () => new FullSort()),
        new(nameof(Tanh), () => new Tanh()),
        new(nameof(Selu), () => new Selu()),
    ];

    /// <summary>The activation of a code's name.</summary>
    public static ActivationKind Of(string name) =>
        name switch
        {
            "elu" => ActivationKind.Elu,
            "softplus" => ActivationKind.Softplus,
            "relu" => ActivationKind.Relu,
            "sorting" or "maxmin" => ActivationKind.MaxMin,
            "swish" => ActivationKind.LipSwish,
            "CLipSwish" => ActivationKind.CLipSwish,
            "LeakyLSwish" => ActivationKind.LeakyLipSwish,
            "identity" => Own[0],
            "lcube" => Own[1],
            "fullsort" => Own[2],
            "tanh" => Own[3],
            "selu" => Own[4],
            _ => throw new FormatException($"unknown activation {name}"),
        };

    private sealed class Identity() : Activation(nameof(Identity))
    {
        public override Tensor forward(Tensor p) => p.clone();

        public override Tensor Derivative(Tensor p, Tensor value) => ones_like(p);
    }

    /// <summary>p^3 / 3 up to 1, and straight lines of derivative 1 beyond.</summary>
    private sealed class LipschitzCube() : Activation(nameof(LipschitzCube))
    {
        public override Tensor forward(Tensor p)
        {
            var inner = p.clamp(-1, 1);
            return inner.pow(3) / 3 + (p - inner);
        }

        public override Tensor Derivative(Tensor p, Tensor value) => p.clamp(-1, 1).square();
    }

    /// <summary>All channels in ascending order.</summary>
    private sealed class FullSort() : Activation(nameof(FullSort))
    {
        public override Tensor forward(Tensor p) => p.sort(1).Values;

        /// <summary>Which channel goes to each place.</summary>
        public override Tensor Derivative(Tensor p, Tensor value) => p.argsort(1);

        public override Tensor Jvp(Tensor derivative, Tensor tangent) =>
            tangent.gather(ChannelAxis(derivative, tangent), derivative.expand_as(tangent));

        public override Tensor Vjp(Tensor derivative, Tensor cotangent) =>
            zeros_like(cotangent)
                .scatter(ChannelAxis(derivative, cotangent), derivative.expand_as(cotangent), cotangent);
    }

    private sealed class Tanh() : Activation(nameof(Tanh))
    {
        public override Tensor forward(Tensor p) => p.tanh();

        public override Tensor Derivative(Tensor p, Tensor value) => 1 - value.square();
    }

    /// <summary>Steeper than 1: a branch needs smaller coefficients.</summary>
    private sealed class Selu() : Activation(nameof(Selu))
    {
        private const double Scale = 1.0507009873554805,
            Alpha = 1.6732632423543772;

        public override double LipschitzBound => Scale * Alpha;

        public override Tensor forward(Tensor p) => Scale * (p.clamp_min(0) + Alpha * (p.clamp_max(0).exp() - 1));

        public override Tensor Derivative(Tensor p, Tensor value) =>
            where(p.gt(0), full_like(p, Scale), value + Scale * Alpha);
    }
}
