using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace IResNet.Experiments.Figures;

/// <summary>
/// An inverse to a tolerance: what it cost, how good it is, and how good it is certified to be. The solvers of this
/// library beside Algorithm 1.
/// </summary>
/// <param name="Solver">Its name.</param>
/// <param name="Tolerance">The residual at which each block stops.</param>
/// <param name="Evaluations">Evaluations of residual branches, summed over the blocks.</param>
/// <param name="Seconds">Wall time.</param>
/// <param name="Error">The largest distance of an example to the exact inverse, in the 2-norm.</param>
/// <param name="ErrorBound">The certificate: that distance is no larger, by the blocks' residuals and certified
/// Lipschitz constants alone.</param>
public sealed record SolverRun(
    string Solver,
    double Tolerance,
    int Evaluations,
    double Seconds,
    double Error,
    double ErrorBound
)
{
    /// <summary>The solvers by name, each to a tolerance: the paper's, and two that accelerate it.</summary>
    public static IReadOnlyDictionary<string, Func<double, InverseSolver>> Solvers { get; } =
        new Dictionary<string, Func<double, InverseSolver>>
        {
            ["fixed point"] = tolerance => new FixedPoint(tolerance),
            ["Anderson"] = tolerance => new Anderson(tolerance),
            ["Chebyshev"] = tolerance => new Chebyshev(tolerance),
        };

    /// <summary>Every solver to every tolerance.</summary>
    /// <param name="transform">Frozen bijections, in float64 where the tolerances are small.</param>
    /// <param name="x">Examples of its type.</param>
    /// <param name="tolerances">The residuals at which to stop.</param>
    /// <exception cref="NonConvergenceException">A solver does not reach a tolerance.</exception>
    public static IReadOnlyList<SolverRun> Of(Bijection transform, Tensor x, params double[] tolerances)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var y = transform.forward(x).y;
        return
        [
            .. from solver in Solvers
            from tolerance in tolerances
            select Run(solver.Key, solver.Value(tolerance), tolerance),
        ];

        SolverRun Run(string name, InverseSolver solver, double tolerance)
        {
            using var inner = NewDisposeScope();
            long start = Stopwatch.GetTimestamp();
            var result = transform.Inverse(y, solver);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            return new(
                name,
                tolerance,
                result.Iterations,
                seconds,
                (result.Value - x).flatten(1).norm(1).ReadLargest(),
                result.ErrorBound
            );
        }
    }
}
