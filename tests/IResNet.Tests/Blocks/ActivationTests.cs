using System.Text.Json;
using IResNet.Tests.Parity;

namespace IResNet.Tests.Blocks;

/// <summary>The nonlinearities: values, derivatives, and that none stretches.</summary>
public class ActivationTests
{
    public static TheoryData<ActivationKind> Kinds => new(ActivationKind.All);

    public static TheoryData<ActivationKind> Others => new(OfficialActivations.Own);

    public static TheoryData<ActivationKind> Elementwise =>
        new(ActivationKind.All.Where(kind => kind != ActivationKind.MaxMin));

    private static double Sigmoid(double p) => 1 / (1 + Math.Exp(-p));

    /// <summary>Against the formulas, evaluated one number at a time by other means than libtorch.</summary>
    [Theory, MemberData(nameof(Elementwise))]
    public void ValuesAreThoseOfTheFormula(ActivationKind kind)
    {
        using var scope = NewDisposeScope();
        double beta = Math.Log(1 + Math.Exp(0.5));
        Func<double, double> formula = kind.Name switch
        {
            "Elu" => p => p > 0 ? p : Math.Exp(p) - 1,
            "Softplus" => p => Math.Log(1 + Math.Exp(p)),
            "LipSwish" => p => p * Sigmoid(beta * p) / 1.1,
            "CLipSwish" => p => p * Sigmoid(beta * p) / 1.1 / 1.004,
            "LeakyLipSwish" => p => Sigmoid(-3) * p + Sigmoid(3) * p * Sigmoid(beta * p) / 1.1,
            _ => p => Math.Max(p, 0),
        };
        double[] points = [-30, -3, -1, -1e-3, 0, 1e-3, 0.5, 2, 15];
        var values = Float64(kind).forward(tensor(points).unsqueeze(1));
        Expect.Near(values.select(1, 0), tensor([.. points.Select(formula)]), 1e-8, kind.ToString());
        Assert.Equal(kind.Channels(1), values.size(1));
        // What doubles the channels: the same of -p.
        if (values.size(1) == 2)
            Expect.Near(values.select(1, 1), tensor([.. points.Select(p => formula(-p))]), 1e-8, $"{kind} of -p");
    }

    /// <summary>Of those that the parity tests define, too.</summary>
    [Theory, MemberData(nameof(Kinds)), MemberData(nameof(Others))]
    public void ProductsAreThoseOfTheJacobian(ActivationKind kind)
    {
        using var scope = NewDisposeScope();
        Draw.Seed(7);
        var activation = Float64(kind);
        var p = 2 * Draw.Normal(3, 6, 2);
        var jacobian = Jacobians.Of(activation.forward, p);
        var derivative = activation.Derivative(p, activation.forward(p));
        var (t, u) = (randn_like(p), randn_like(activation.forward(p)));
        Expect.Close(
            activation.Jvp(derivative, t).flatten(1),
            jacobian.bmm(t.flatten(1).unsqueeze(2)).squeeze(2),
            1e-14,
            "J t"
        );
        Expect.Close(
            activation.Vjp(derivative, u).flatten(1),
            jacobian.mT.bmm(u.flatten(1).unsqueeze(2)).squeeze(2),
            1e-14,
            "J't"
        );
    }

    /// <summary>
    /// The largest derivative is at most 1, and close to it: no capacity is given away. LipSwish at every beta.
    /// </summary>
    [Theory, MemberData(nameof(Elementwise))]
    public void DerivativesReachOneAndNoMore(ActivationKind kind)
    {
        using var scope = NewDisposeScope();
        var activation = Float64(kind);
        var p = linspace(-80, 80, 800_001, dtype: ScalarType.Float64).unsqueeze(0);
        foreach (double b in new[] { -3.0, 0.5, 4.0 })
        {
            using (no_grad())
                foreach (var beta in activation.parameters())
                    beta.fill_(b);
            double largest = activation.Derivative(p, activation.forward(p)).abs().max().ToDouble();
            Assert.InRange(largest, 0.99, 1);
        }
    }

    /// <summary>
    /// CLipSwish as a whole: its Jacobian's norm, sqrt(f'(p)^2 + f'(-p)^2), is at most 1 and close to it; without the
    /// division by 1.004 it would exceed 1.
    /// </summary>
    [Fact]
    public void ConcatenationReachesOneAndNoMore()
    {
        using var scope = NewDisposeScope();
        var activation = Float64(ActivationKind.CLipSwish);
        var p = linspace(-80, 80, 800_001, dtype: ScalarType.Float64).unsqueeze(1);
        foreach (double b in new[] { -3.0, 0.5, 4.0 })
        {
            using (no_grad())
                foreach (var beta in activation.parameters())
                    beta.fill_(b);
            double largest = activation.Derivative(p, activation.forward(p)).square().sum(1).sqrt().max().ToDouble();
            Assert.InRange(largest, 0.9999, activation.LipschitzBound);
            Assert.True(1.004 * largest > 1);
        }
    }

    /// <summary>The control of the test above: swish without its division is too steep.</summary>
    [Fact]
    public void UndividedSwishWouldStretch()
    {
        using var scope = NewDisposeScope();
        var p = linspace(-10, 10, 10_001, dtype: ScalarType.Float64);
        Assert.InRange((p.sigmoid() * (1 + p * (1 - p.sigmoid()))).max().ToDouble(), 1.09, 1.1);
    }

    [Fact]
    public void MaxMinOrdersMaximaThenMinima()
    {
        using var scope = NewDisposeScope();
        var y = new MaxMin().forward(tensor(new[] { 1.0, 2, 6, 5, -3, -4 }).unsqueeze(0));
        Assert.Equal([2.0, 6, -3, 1, 5, -4], y.data<double>().ToArray());
    }

    [Fact]
    public void MaxMinKeepsDistancesWhereTheOrderStays()
    {
        using var scope = NewDisposeScope();
        Draw.Seed(8);
        var (activation, p) = (new MaxMin(), Draw.Normal(5, 8));
        var direction = 1e-9 * randn_like(p);
        Expect.Close(
            (activation.forward(p + direction) - activation.forward(p)).norm(1),
            direction.norm(1),
            1e-6,
            "distance"
        );
    }

    [Fact]
    public void MaxMinRefusesOddChannels() =>
        Assert.Throws<ShapeException>(() => new MaxMin().forward(ones(2, 3, 4, 4)));

    /// <summary>Configurations write a name and find the same kind again.</summary>
    [Theory, MemberData(nameof(Kinds))]
    public void KindsAreWrittenByName(ActivationKind kind)
    {
        string json = JsonSerializer.Serialize(kind);
        Assert.Equal(kind.Name, json.Trim('"'), ignoreCase: true);
        Assert.Same(kind, JsonSerializer.Deserialize<ActivationKind>(json));
        Assert.Same(kind, JsonSerializer.Deserialize<ActivationKind>(json.ToUpperInvariant()));
    }

    [Theory, InlineData("\"sine\""), InlineData("3"), InlineData("null")]
    public void UnknownKindIsRefused(string json)
    {
        var fault = Record.Exception(() => JsonSerializer.Deserialize<Holder>($$"""{"Kind":{{json}}}"""));
        Assert.Contains(
            "elu, softplus, lipSwish",
            Assert.IsType<JsonException>(fault).Message,
            StringComparison.Ordinal
        );
    }

    private sealed record Holder(ActivationKind Kind);

    private static Activation Float64(ActivationKind kind)
    {
        var activation = kind.Create();
        activation.to(ScalarType.Float64);
        return activation;
    }
}
