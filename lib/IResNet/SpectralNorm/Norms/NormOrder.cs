namespace IResNet;

/// <summary>An order p of a norm |x|_p: fixed, from 1 to infinity, or <see cref="LearnedOrder"/>.</summary>
public abstract class NormOrder
{
    /// <summary>The order of now.</summary>
    public abstract double Value { get; }

    /// <summary>Whether it is this order and stays so.</summary>
    /// <param name="order">From 1 to infinity.</param>
    public bool IsFixedAt(double order) => this is FixedOrder && Value == order;

    /// <summary>The order as one element of a weight's type, differentiable in what it is learned from.</summary>
    internal abstract Tensor On(Tensor weight);
}

/// <summary>An order that stays.</summary>
public sealed class FixedOrder : NormOrder
{
    /// <summary>Sets it.</summary>
    /// <param name="value">From 1 to infinity.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public FixedOrder(double value) => Value = value >= 1 ? value : throw NormOrders.BadOrder($"{value}", value);

    /// <inheritdoc/>
    public override double Value { get; }

    internal override Tensor On(Tensor weight) => full(1, Value, weight.dtype, weight.device);
}

/// <summary>
/// An order that is learned: p = 3 + 2 tanh(-l(0.5493 - r)) with l(a) = 0.3 a + 0.7 ELU(a), of Residual Flows. r starts
/// at 0, where p is 2, and p stays between 1 and 5. r is a parameter (<c>order</c>) of the layer whose inputs are
/// measured so; the layer before measures its outputs by the same.
/// </summary>
public sealed class LearnedOrder : NormOrder
{
    private const double Middle = 3,
        HalfRange = 2,
        Straight = 0.3,
        // atanh(1/2), so that p = 2 at r = 0.
        Start = 0.5493061829986572;

    private SpectralLayer? _owner;

    /// <summary>r, one element.</summary>
    /// <exception cref="InvalidOperationException">No layer has it yet.</exception>
    public Parameter Raw =>
        _owner?.Order ?? throw new InvalidOperationException("The order is of no layer's domain yet: build one.");

    /// <inheritdoc/>
    public override double Value
    {
        get
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            return Squashed(Raw).ReadDouble();
        }
    }

    /// <summary>p for a raw value.</summary>
    public static Tensor Squashed(Tensor raw)
    {
        using var scope = NewDisposeScope();
        var a = Start - raw;
        return (
            Middle + HalfRange * (-(Straight * a + (1 - Straight) * nn.functional.elu(a, 1))).tanh()
        ).MoveToOuterDisposeScope();
    }

    /// <summary>Lets a layer have it in its domain; the first one keeps it.</summary>
    /// <returns>Whether the layer is to make the parameter.</returns>
    internal bool IsFirst(SpectralLayer layer)
    {
        if (_owner is not null)
            return false;
        _owner = layer;
        return true;
    }

    internal override Tensor On(Tensor weight) => Squashed(Raw);
}
