namespace IResNet;

/// <summary>Independent estimates by <see cref="Arnoldi"/>, with the bounds of their biases.</summary>
/// <param name="examples">Examples of the batch.</param>
internal sealed class ArnoldiRepeats(int examples)
{
    private readonly double[] _bounds = new double[examples];

    /// <summary>The estimates.</summary>
    public RepeatedEstimates Estimates { get; } = new(examples);

    /// <summary>Of each example's mean: bounds of means are means of bounds.</summary>
    public IReadOnlyList<double> BiasBounds => [.. _bounds.Select(bound => bound / Estimates.Count)];

    /// <summary>The largest of <see cref="BiasBounds"/>.</summary>
    public double BiasBound => _bounds.Max() / Estimates.Count;

    /// <summary>The mean, shape (n), float64.</summary>
    public Tensor Value(Linearization g) => tensor([.. Estimates.Means], device: g.Value.device);

    /// <summary>Adds estimates, all examples of the first one first.</summary>
    public void Add((double[] Values, double[] Bounds) forms)
    {
        Estimates.Add(forms.Values);
        for (int i = 0; i < forms.Bounds.Length; i++)
            _bounds[i % examples] += forms.Bounds[i];
    }
}
