using System.Globalization;
using System.Text.Json;

namespace IResNet.Tests.Parity;

/// <summary>Layers of the Residual Flows code with other norms, float32.</summary>
[Trait("Category", "OfficialParity")]
public class InducedNormParityTests
{
    public static TheoryData<string?> Files =>
        [
            .. OfficialFixtures
                .OfKind("induced-norm-dense")
                .Concat(OfficialFixtures.OfKind("induced-norm-conv"))
                .Select(row => row.Data),
        ];

    /// <summary>The vectors and the norm after the iterations that the file asks for.</summary>
    [Theory, MemberData(nameof(Files))]
    public void Iterations(string? file) => Each(file, (official, name, layer, settings) =>
        {
            Expect.Close(layer.Sigma.squeeze(), official[$"{name}.scale"], ParityChecks.Block, $"{name} scale");
            if (!official.Has($"{name}.u"))
                return;
            // Their unit vectors have no sign. W u and W v change theirs together.
            bool signed = settings.Domain != 1 && settings.Codomain is not double.PositiveInfinity;
            var sign = signed ? ones(1) : (layer.V * official[$"{name}.v"]).sum().sign();
            Expect.Close(sign * layer.U, official[$"{name}.u"], ParityChecks.Block, $"{name} u");
            Expect.Close(sign * layer.V, official[$"{name}.v"], ParityChecks.Block, $"{name} v");
        });

    [Theory, MemberData(nameof(Files))]
    public void EffectiveWeights(string? file) =>
        Each(file, (official, name, layer, _) =>
            Expect.Close(layer.EffectiveWeight(), official[$"{name}.effective"], ParityChecks.Block, name)
        );

    [Theory, MemberData(nameof(Files))]
    public void Output(string? file) =>
        Each(file, (official, name, layer, _) =>
            Expect.Close(
                layer.ApplyWithBias(layer.EffectiveWeight(), official[$"{name}.x"]),
                official[$"{name}.y"],
                ParityChecks.Block,
                name
            )
        );

    /// <summary>Learned orders, the norm after one iteration and its gradient by the raw orders.</summary>
    [Theory, MemberData(nameof(Files))]
    public void LearnedOrders(string? file) => Each(file, (official, name, layer, _) =>
        {
            if (!official.Has($"{name}.order"))
                return;
            var norm = Assert.IsType<IteratedNorm>(layer.Norm);
            var (domain, codomain) = ((LearnedOrder)norm.Domain, (LearnedOrder)norm.Codomain);
            var orders = tensor(new[] { domain.Value, codomain.Value });
            Expect.Close(orders, official[$"{name}.order"], ParityChecks.Block, $"{name} orders");
            using var grad = enable_grad();
            var one = norm.AfterOneIteration(layer);
            Expect.Close(one, official[$"{name}.one_iteration_norm"], ParityChecks.Block, $"{name} norm");
            var gradients = autograd.grad([one], [domain.Raw, codomain.Raw]);
            Expect.Close(
                cat([.. gradients]),
                official[$"{name}.one_iteration_norm_order_gradient"],
                ParityChecks.Network,
                $"{name} gradient"
            );
        });

    private static void Each(string? file, Action<OfficialFixture, string, SpectralLayer, Settings> check)
    {
        using var official = OfficialFixtures.Open(file);
        int cases = official.Int("cases");
        Assert.True(cases > 0, "no cases");
        using var noGrad = no_grad();
        for (int i = 0; i < cases; i++)
        {
            var settings = new Settings(official.Json($"case{i}"));
            check(official, $"case{i}", Load(official, $"case{i}", settings), settings);
        }
    }

    /// <summary>The layer with its vectors after the iterations.</summary>
    private static SpectralLayer Load(OfficialFixture official, string name, Settings settings)
    {
        var weight = official[$"{name}.weight"];
        var options = new SpectralNormOptions { Coefficient = official.Number("coeff"), DivisorMargin = 0 };
        var (outputs, inputs) = ((int)weight.size(0), (int)weight.size(1));
        NormOrder Order(double? value) => value is { } known ? new FixedOrder(known) : new LearnedOrder();
        var (domain, codomain) = (Order(settings.Domain), Order(settings.Codomain));
        // The outputs' learned order is a parameter of the layer behind.
        if (codomain is LearnedOrder)
            _ = new SpectralLinear(outputs, 1, options, new IteratedNorm(codomain, new FixedOrder(2)));
        var norm = settings.HasClosedForm
            ? InducedNorm.Between(domain, codomain, NormUpdate.AfterStep)
            : new IteratedNorm(domain, codomain);
        Assert.Equal(!settings.HasClosedForm, norm.IsIterated);
        SpectralLayer layer = settings.Size is { } size
            ? new SpectralConv2d(inputs, outputs, (int)weight.size(2), size[0], size[1], options, norm)
            : new SpectralLinear(inputs, outputs, options, norm);
        layer.Weight.copy_(weight);
        layer.Bias.copy_(official[$"{name}.bias"]);
        if (domain is LearnedOrder first && codomain is LearnedOrder last)
        {
            first.Raw.copy_(official[$"{name}.order_raw"].narrow(0, 0, 1));
            last.Raw.copy_(official[$"{name}.order_raw"].narrow(0, 1, 1));
        }
        if (official.Has($"{name}.u_before"))
        {
            layer.U.copy_(official[$"{name}.u_before"]);
            layer.V.copy_(official[$"{name}.v_before"]);
        }
        if (settings.Iterations is { } count)
            layer.PowerIteration(count);
        else
            layer.PowerIterationTo(settings.Absolute ?? 0, settings.Relative ?? 0);
        return layer;
    }

    /// <summary>A case's configuration; null is a learned order.</summary>
    private sealed class Settings(JsonElement json)
    {
        public bool HasClosedForm => json.GetProperty("layer").GetString()!.StartsWith("Lop", StringComparison.Ordinal);

        public double? Domain => Order("domain");

        public double? Codomain => Order("codomain");

        public int? Iterations => Number("iterations") is { } count ? (int)count : null;

        public double? Absolute => Number("atol");

        public double? Relative => Number("rtol");

        public int[]? Size => json.GetProperty("size").Deserialize<int[]?>();

        private double? Number(string key) =>
            json.GetProperty(key) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : null;

        private double? Order(string key) =>
            json.GetProperty(key) is { ValueKind: JsonValueKind.Number } number
                ? number.GetDouble()
                : json.GetProperty(key).GetString() switch
                {
                    "inf" => double.PositiveInfinity,
                    "learned" => null,
                    var other => double.Parse(other!, CultureInfo.InvariantCulture),
                };
    }
}
