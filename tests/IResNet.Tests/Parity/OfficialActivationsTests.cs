namespace IResNet.Tests.Parity;

/// <summary>The activations of the official codes that the library does not have.</summary>
public class OfficialActivationsTests
{
    /// <summary>By hand, at points of each piece.</summary>
    [Theory]
    [InlineData("identity", new[] { -2.0, -0.5, 0.5, 2 })]
    [InlineData("lcube", new[] { -4.0 / 3, -1.0 / 24, 1.0 / 24, 4.0 / 3 })]
    [InlineData("fullsort", new[] { -2.0, -0.5, 0.5, 2 })]
    [InlineData("tanh", new[] { -0.9640275800758169, -0.46211715726000975, 0.46211715726000975, 0.9640275800758169 })]
    [InlineData("selu", new[] { -1.520166468595695, -0.6917581878028713, 0.52535049367774025, 2.101401974710961 })]
    public void ValuesAreThoseOfTheFormula(string name, double[] expected)
    {
        using var scope = NewDisposeScope();
        double[] points = name == "fullsort" ? [0.5, -2, 2, -0.5] : [-2, -0.5, 0.5, 2];
        var values = OfficialActivations.Of(name).Create().forward(tensor(points).unsqueeze(0));
        Expect.Near(values[0], tensor(expected), 1e-15, name);
    }

    /// <summary>No name of the library's own is lost, and a new one is no other's.</summary>
    [Fact]
    public void EveryActivationHasAName()
    {
        string[] names =
        [
            "elu", "softplus", "relu", "maxmin", "swish", "CLipSwish", "LeakyLSwish",
            "identity", "lcube", "fullsort", "tanh", "selu",
        ];
        Assert.Equal(
            ActivationKind.All.Concat(OfficialActivations.Own).Order(By),
            names.Select(OfficialActivations.Of).Order(By)
        );
        Assert.Throws<FormatException>(() => OfficialActivations.Of("sine"));
    }

    private static Comparer<ActivationKind> By { get; } =
        Comparer<ActivationKind>.Create((a, b) => string.CompareOrdinal(a.Name, b.Name));
}
