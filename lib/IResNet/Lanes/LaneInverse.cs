using System.Runtime.Intrinsics;

namespace IResNet.Lanes;

/// <summary>
/// <see cref="Chebyshev"/>'s iteration in packed form. Groups of sixteen examples do not know of each other: each stays
/// on one thread from start to end, has weights of its own and stops by itself, and between evaluations there is one
/// pass over one map.
/// </summary>
/// <param name="branch">g, its weights frozen.</param>
/// <param name="y">The right-hand sides.</param>
internal sealed unsafe class LaneInverse(ResidualBranch branch, Tensor y)
{
    /// <summary>How a group ended.</summary>
    /// <param name="Reached">Whether it met the stopping rule.</param>
    /// <param name="Iterations">Evaluations of g.</param>
    /// <param name="Largest">The largest element of its residual.</param>
    /// <param name="Distance">The largest 2-norm of an example's residual.</param>
    public sealed record End(bool Reached, int Iterations, double Largest, double Distance);

    /// <summary>Solves.</summary>
    /// <param name="lipschitz">An upper bound of Lip(g).</param>
    /// <param name="rule">A fresh rule for a group.</param>
    /// <param name="maxIterations">When to give up.</param>
    /// <param name="x">The points reached.</param>
    /// <returns>One entry a group.</returns>
    public End[] Run(double lipschitz, Func<StoppingRule> rule, int maxIterations, out Tensor x)
    {
        using var scope = NewDisposeScope();
        using var weights = LanePlan.Packed.Of(branch);
        var input = y.contiguous();
        var solution = empty_like(input);
        var plan = new LanePlan(input.shape, branch.Layers[0].Weight.size(0), ((ConvBranch)branch).LeadingActivation);
        var ends = new End[plan.Groups];
        float* ys = LaneThreads.Data(input),
            xs = LaneThreads.Data(solution);
        LaneThreads.Run(plan.Groups, plan.Branch.PointSize + Group.Maps * plan.Branch.DataSize, (index, work) =>
        {
            nint from = index * plan.GroupSize;
            var group = new Group(plan.Branch, weights.Pointers, plan.ExamplesIn(index), work);
            ends[index] = group.Solve(ys + from, xs + from, lipschitz, rule(), maxIterations);
        });
        x = solution.MoveToOuterDisposeScope();
        return ends;
    }

    /// <summary>One group and its maps.</summary>
    private readonly struct Group(LaneBranch branch, LaneBranch.Weights weights, int examples, float* work)
    {
        /// <summary>Of the data's size, beside those of the branch.</summary>
        public const int Maps = 5;

        private readonly LaneBranch.Maps _inner = branch.MapsAt(work + Maps * branch.DataSize);

        /// <summary>
        /// As <see cref="IterativeSolver"/> does it, with maps that change their roles instead of tensors.
        /// </summary>
        public End Solve(float* ys, float* xs, double lipschitz, StoppingRule rule, int maxIterations)
        {
            nint size = branch.DataSize;
            float* y = work,
                x = y + size,
                before = x + size,
                image = before + size,
                accepted = image + size;
            branch.ClearBorders(_inner);
            branch.Pack(ys, examples, y);
            // Copies have zero borders too.
            for (float* map = x; map <= accepted; map += size)
                Buffer.MemoryCopy(y, map, size * sizeof(float), size * sizeof(float));
            var steps = new ChebyshevWeights(lipschitz);
            var (now, least) = (new End(false, 0, 0, 0), 0.0);
            bool proposed = false,
                hasBefore = false;
            for (int done = 1; done <= maxIterations; done++)
            {
                var epilogue = new ImageOf(weights.LastBias, x, y, image);
                branch.Iterate(weights, x, _inner, ref epilogue);
                (now, double norm) = Measure(epilogue, done);
                if (rule.IsReached(now.Largest, norm))
                {
                    branch.Unpack(x, xs, examples);
                    return now with { Reached = true };
                }
                if (!double.IsFinite(now.Largest))
                    break;
                if (proposed && !IterativeSolver.Falls(norm, least, lipschitz))
                {
                    steps.Restart();
                    (proposed, hasBefore) = (false, false);
                    Swap(ref x, ref accepted);
                    continue;
                }
                least = norm;
                double weight = steps.Next(norm);
                proposed = hasBefore && weight != 1;
                // The point before makes room for the next one.
                if (proposed)
                    Extrapolate(before, image, (float)weight, size);
                else
                    Buffer.MemoryCopy(image, before, size * sizeof(float), size * sizeof(float));
                Swap(ref before, ref x);
                hasBefore = true;
                Swap(ref image, ref accepted);
            }
            branch.Unpack(x, xs, examples);
            return now;
        }

        private (End, double norm) Measure(in ImageOf epilogue, int done)
        {
            double largest = 0,
                squares = 0,
                distance = 0;
            for (int lane = 0; lane < examples; lane++)
            {
                double square = epilogue.Squares[lane];
                squares += square;
                distance = Math.Max(distance, square);
                largest = Math.Max(largest, double.IsFinite(square) ? epilogue.Largest[lane] : square);
            }
            return (new(false, done, largest, Math.Sqrt(distance)), Math.Sqrt(squares));
        }

        /// <summary>before := before + weight (image - before).</summary>
        private static void Extrapolate(float* before, float* image, float weight, nint size)
        {
            var w = Vector512.Create(weight);
            for (float* end = before + size; before < end; before += LaneGeometry.Lanes, image += LaneGeometry.Lanes)
            {
                var b = Vector512.Load(before);
                Vector512.FusedMultiplyAdd(w, Vector512.Load(image) - b, b).Store(before);
            }
        }

        private static void Swap(ref float* a, ref float* b)
        {
            float* c = a;
            a = b;
            b = c;
        }
    }
}
