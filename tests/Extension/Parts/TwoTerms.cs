namespace Extension.Parts;

/// <summary>
/// An estimator for training: the first two terms of the series, tr J - tr J^2 / 2, by one probe of random signs.
/// </summary>
internal sealed class TwoTerms(Generator? generator = null) : LogDetEstimator
{
    /// <summary>Calls so far: training must use it, and nothing else in its place.</summary>
    public int Calls { get; private set; }

    public override Tensor Estimate(Linearization g)
    {
        Calls++;
        var v = new RademacherProbes(generator).Draw(1, g.Shape, g.Value);
        var once = g.Jvp(v);
        return (v * once).flatten(1).sum(1) - 0.5 * (v * g.Jvp(once)).flatten(1).sum(1);
    }
}
