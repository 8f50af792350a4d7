using System.Text.Json.Serialization;

namespace IResNet;

/// <summary>
/// A nonlinearity as a choice of a configuration: its name, and how to make one. Each place in a model gets a module of
/// its own, as an activation may have parameters. <c>new ActivationKind("Sine", () => new Sine())</c> is one of your
/// own.
/// </summary>
/// <param name="Name">What a configuration calls it.</param>
/// <param name="Create">Makes a fresh module.</param>
[JsonConverter(typeof(Json))]
public sealed record ActivationKind(string Name, Func<Activation> Create)
{
    /// <summary><see cref="IResNet.Elu"/>, the paper's choice.</summary>
    public static ActivationKind Elu { get; } = new(nameof(Elu), () => new Elu());

    /// <summary><see cref="IResNet.Softplus"/>.</summary>
    public static ActivationKind Softplus { get; } = new(nameof(Softplus), () => new Softplus());

    /// <summary><see cref="IResNet.LipSwish"/>, of Residual Flows.</summary>
    public static ActivationKind LipSwish { get; } = new(nameof(LipSwish), () => new LipSwish());

    /// <summary>
    /// <see cref="IResNet.Relu"/>. Its derivative is not continuous: for classifiers, not for densities.
    /// </summary>
    public static ActivationKind Relu { get; } = new(nameof(Relu), () => new Relu());

    /// <summary><see cref="IResNet.MaxMin"/>, called "sorting" in the official code.</summary>
    public static ActivationKind MaxMin { get; } = new(nameof(MaxMin), () => new MaxMin());

    /// <summary><see cref="IResNet.CLipSwish"/>, of i-DenseNets. It doubles the channels.</summary>
    public static ActivationKind CLipSwish { get; } = new(nameof(CLipSwish), () => new CLipSwish());

    /// <summary><see cref="IResNet.LeakyLipSwish"/>, of the i-DenseNet code.</summary>
    public static ActivationKind LeakyLipSwish { get; } = new(nameof(LeakyLipSwish), () => new LeakyLipSwish());

    /// <summary>Those of the library, which configurations name.</summary>
    public static IReadOnlyList<ActivationKind> All { get; } =
    [Elu, Softplus, LipSwish, Relu, MaxMin, CLipSwish, LeakyLipSwish];

    /// <summary>Channels that come out where so many go in.</summary>
    public int Channels(int inputs)
    {
        using var activation = Create();
        return activation.Channels(inputs);
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    private sealed class Json() : KindConverter<ActivationKind>("activation", All, kind => kind.Name);
}
