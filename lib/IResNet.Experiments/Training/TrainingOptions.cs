using IResNet.Experiments.Training.Optimizers;

namespace IResNet.Experiments.Training;

/// <summary>
/// What every training has: how long, how fast, and what to do when numbers go wrong. Durations are in steps (batches).
/// </summary>
public abstract record TrainingOptions
{
    /// <summary>
    /// Steps in all. With <see cref="Seconds"/>, whichever comes first ends the run; one of the two must be given.
    /// </summary>
    public long? Steps { get; init; }

    /// <summary>
    /// Seconds of training, evaluations not counted. A run that ends by the clock cannot be repeated to the bit; one
    /// that ends by steps can.
    /// </summary>
    public double? Seconds { get; init; }

    /// <summary>Examples per step.</summary>
    public int Batch { get; init; } = 128;

    /// <summary>The seed of everything random in a run: order, augmentation, dequantisation, probes.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The update rule.</summary>
    public UpdateRule Optimizer { get; init; } = new AdamaxOptions();

    /// <summary>The rate after warm-up.</summary>
    public double LearningRate { get; init; } = 0.003;

    /// <summary>L2 penalty, added to the gradient.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Which parameters decay.</summary>
    public DecayedParameters Decayed { get; init; } = DecayedParameters.All;

    /// <summary>Steps over which the rate rises linearly from 0.</summary>
    public long WarmUpSteps { get; init; }

    /// <summary>Whether the warm-up ends when it should.</summary>
    public WarmUpRule WarmUp { get; init; } = WarmUpRule.Linear;

    /// <summary>Steps after which the rate is multiplied by <see cref="DecayFactor"/>.</summary>
    public IReadOnlyList<long> DecaySteps { get; init; } = [];

    /// <summary>See <see cref="DecaySteps"/>. The paper's classifiers: 0.2.</summary>
    public double DecayFactor { get; init; } = 0.2;

    /// <summary>
    /// Scales the gradient down to this 2-norm where it is larger; null for never. The paper does not clip.
    /// </summary>
    public double? ClipNorm { get; init; }

    /// <summary>
    /// Keeps an exponential moving average of the parameters with this decay (0.999, say) and evaluates that; null for
    /// none. In the first steps the decay is (1 + t)/(10 + t), so that the initial weights are soon forgotten.
    /// </summary>
    public double? AverageDecay { get; init; }

    /// <summary>
    /// Power iterations on the initial weights before the first step: a random start is far below the norm.
    /// </summary>
    public int BurnIn { get; init; } = 50;

    /// <summary>
    /// Examples that initialise ActNorm; as many as there are, if there are fewer. The official code takes at least
    /// 1024.
    /// </summary>
    public int InitialExamples { get; init; } = 1024;

    /// <summary>
    /// A loss above this (or below minus this) counts as exploded. An estimate with a random number of terms can get
    /// there by a rare draw, above all where all blocks take the same (<see cref="RussianRoulette"/>, shared): there
    /// <see cref="double.MaxValue"/> with a <see cref="ClipNorm"/> takes it as what it is.
    /// </summary>
    public double MaxLoss { get; init; } = 1000;

    /// <summary>What to do when loss or gradient is not finite or the loss explodes.</summary>
    public DivergencePolicy OnDivergence { get; init; } = DivergencePolicy.Stop;

    /// <summary>Steps between two evaluations on the held-out examples; null for one at the end only.</summary>
    public long? EvaluateEvery { get; init; }

    /// <summary>Refuses what no training can be made of.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it and the range.</exception>
    public virtual void Validate()
    {
        if (Steps is null && Seconds is null)
            throw new ArgumentException("How long to train? Give Steps, Seconds or both.");
        Demand(Steps is null or >= 0, nameof(Steps), Steps, "0 or more");
        Demand(Seconds is null or > 0 and < double.PositiveInfinity, nameof(Seconds), Seconds, "more than 0");
        Demand(Batch >= 1, nameof(Batch), Batch, "1 or more");
        Demand(LearningRate is > 0 and < double.PositiveInfinity, nameof(LearningRate), LearningRate, "more than 0");
        Optimizer.Validate();
        Demand(WeightDecay is >= 0 and < double.PositiveInfinity, nameof(WeightDecay), WeightDecay, "0 or more");
        Demand(WarmUpSteps >= 0, nameof(WarmUpSteps), WarmUpSteps, "0 or more");
        Demand(DecaySteps.All(step => step >= 0), nameof(DecaySteps), string.Join(", ", DecaySteps), "0 or more each");
        Demand(DecayFactor is > 0 and <= 1, nameof(DecayFactor), DecayFactor, "above 0, at most 1");
        Demand(ClipNorm is null or > 0, nameof(ClipNorm), ClipNorm, "more than 0");
        Demand(AverageDecay is null or (> 0 and < 1), nameof(AverageDecay), AverageDecay, "between 0 and 1");
        Demand(BurnIn >= 0, nameof(BurnIn), BurnIn, "0 or more");
        Demand(InitialExamples >= 2, nameof(InitialExamples), InitialExamples, "2 or more");
        Demand(MaxLoss > 0, nameof(MaxLoss), MaxLoss, "more than 0");
        Demand(EvaluateEvery is null or > 0, nameof(EvaluateEvery), EvaluateEvery, "1 or more");
    }

    /// <summary>Throws unless a value is in its range.</summary>
    /// <param name="holds">Whether it is.</param>
    /// <param name="name">The setting.</param>
    /// <param name="value">Its value.</param>
    /// <param name="range">The range in words.</param>
    /// <exception cref="ArgumentException">It is not.</exception>
    protected internal static void Demand(bool holds, string name, object? value, string range)
    {
        if (!holds)
            throw new ArgumentException(FormattableString.Invariant($"{name} is {value}, but must be {range}."), name);
    }
}

/// <summary>Which parameters feel the weight decay.</summary>
public enum DecayedParameters
{
    /// <summary>All, as in the official code: ActNorm, biases and the prior too.</summary>
    All,

    /// <summary>Weights of linear layers and convolutions only.</summary>
    Weights,
}

/// <summary>
/// How the warm-up ends. The official code's test lets it last one epoch too long, while the rate keeps rising.
/// </summary>
public enum WarmUpRule
{
    /// <summary>The rate stops at its value.</summary>
    Linear,

    /// <summary>
    /// The official classifier: above the rate for one epoch, then back to it (with 10 epochs of warm-up it peaks at
    /// 1.1 times the rate).
    /// </summary>
    OvershootThenReturn,

    /// <summary>
    /// The official density model: nothing sets the rate back, so that with one epoch of warm-up it stays at twice its
    /// nominal value.
    /// </summary>
    OvershootAndStay,
}

/// <summary>What happens at a step whose loss or gradient is not finite, or whose loss exploded.</summary>
public enum DivergencePolicy
{
    /// <summary>The run ends with a <see cref="TrainingDivergedException"/>.</summary>
    Stop,

    /// <summary>The batch is left out. After ten in a row the run ends all the same.</summary>
    Skip,
}
