namespace IResNet.Tests.Weights;

/// <summary>Copying named tensors: all or nothing.</summary>
public class StateDictTests
{
    [Fact]
    public void FittingTensorsAreCopied()
    {
        using var scope = NewDisposeScope();
        var target = Target();
        StateDict.Copy(
            new Dictionary<string, Tensor>
            {
                ["w"] = full(2, 3, 7f),
                ["n"] = tensor(5L),
                ["flag"] = tensor(true),
            },
            target
        );
        Assert.Equal(
            (7, 5L, true),
            (target["w"].mean().ToDouble(), target["n"].item<long>(), target["flag"].item<bool>())
        );
        Assert.True(target["w"].requires_grad && target["w"].is_leaf);
    }

    /// <summary>Precisions convert: a float64 file fills a float32 model.</summary>
    [Theory, InlineData(ScalarType.Float64), InlineData(ScalarType.BFloat16)]
    public void PrecisionsConvert(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var target = Target();
        StateDict.Copy(
            new Dictionary<string, Tensor>
            {
                ["w"] = full(2, 3, 0.5, type),
                ["n"] = tensor(5L),
                ["flag"] = tensor(true),
            },
            target
        );
        Assert.Equal((0.5, ScalarType.Float32), (target["w"].mean().ToDouble(), target["w"].dtype));
    }

    public static TheoryData<string> Faults =>
        new(
            "missing",
            "unknown",
            "broadcast",
            "transposed",
            "rank",
            "NaN",
            "infinity",
            "too large",
            "integers for weights",
            "weights for an integer",
            "integer for a flag"
        );

    [Theory, MemberData(nameof(Faults))]
    public void NothingIsCopiedIfAnythingIsWrong(string fault)
    {
        using var scope = NewDisposeScope();
        var source = new Dictionary<string, Tensor>
        {
            ["flag"] = tensor(true),
            ["n"] = tensor(5L),
            ["w"] = full(2, 3, 7f),
        };
        switch (fault)
        {
            case "missing":
                source.Remove("n");
                break;
            case "unknown":
                source["more"] = zeros(1);
                break;
            case "broadcast":
                source["w"] = ones(1, 3);
                break;
            case "transposed":
                source["w"] = ones(3, 2);
                break;
            case "rank":
                source["n"] = tensor(new[] { 5L });
                break;
            case "NaN":
                source["w"] = full(2, 3, float.NaN);
                break;
            case "infinity":
                source["w"] = full(2, 3, float.NegativeInfinity);
                break;
            case "too large":
                source["w"] = full(2, 3, 1e300, ScalarType.Float64);
                break;
            case "integers for weights":
                source["w"] = full(2, 3, 7, ScalarType.Int32);
                break;
            case "weights for an integer":
                source["n"] = tensor(5f);
                break;
            case "integer for a flag":
                source["flag"] = tensor(1L);
                break;
        }
        var target = Target();
        var raised = Assert.Throws<WeightsFormatException>(() => StateDict.Copy(source, target));
        Assert.Equal(
            (1, 0L, false),
            (target["w"].mean().ToDouble(), target["n"].item<long>(), target["flag"].item<bool>())
        );
        string name = fault switch
        {
            "missing" or "rank" or "weights for an integer" => "n",
            "unknown" => "more",
            "integer for a flag" => "flag",
            _ => "w",
        };
        Assert.Contains(name, raised.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, Tensor> Target() =>
        new()
        {
            ["w"] = ones(2, 3, requires_grad: true),
            ["n"] = tensor(0L),
            ["flag"] = tensor(false),
        };
}
