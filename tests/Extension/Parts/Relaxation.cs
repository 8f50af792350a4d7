namespace Extension.Parts;

/// <summary>
/// A solver: over-relaxed iteration, x + w (image - x). Where that is slower than the plain step, the base class takes
/// the plain one.
/// </summary>
internal sealed class Relaxation(double weight, double tolerance = 1e-6) : IterativeSolver(tolerance, 1000)
{
    public override Acceleration Start(double lipschitz) => new Step(weight);

    private sealed class Step(double weight) : Acceleration
    {
        public override Tensor? Next(Tensor x, Tensor image, Tensor residual, double norm) => x - weight * residual;

        public override void Restart() { }
    }
}
