namespace IResNet;

/// <summary>
/// How the next point of an <see cref="IterativeSolver"/> follows from those before: the step of the method. It lives
/// as long as one solution, and its tensors in that solution's dispose scope.
/// </summary>
public abstract class Acceleration
{
    /// <summary>The next point; null for the image, as Algorithm 1 has it.</summary>
    /// <param name="x">The present point, shape (n, ...).</param>
    /// <param name="image">y - g(x).</param>
    /// <param name="residual">x - image.</param>
    /// <param name="norm">Its 2-norm.</param>
    public abstract Tensor? Next(Tensor x, Tensor image, Tensor residual, double norm);

    /// <summary>Forgets the points before: a proposal was given up.</summary>
    public abstract void Restart();
}
