namespace IResNet.Cpu;

/// <summary>
/// <see cref="Chebyshev"/>'s iteration in packed form. Groups of examples do not know of each other: each stays
/// on one thread from start to end, has weights of its own and stops by itself, and between evaluations there is one
/// pass over one map.
/// </summary>
internal static unsafe class InterleavedInverse<TVector, TActivation>
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
{
    /// <summary>How a group ended.</summary>
    /// <param name="Reached">Whether it met the stopping rule.</param>
    /// <param name="Iterations">Evaluations of g.</param>
    /// <param name="Largest">The largest element of its residual.</param>
    /// <param name="Distance">The largest 2-norm of an example's residual.</param>
    private sealed record End(bool Reached, int Iterations, double Largest, double Distance);

    /// <summary>Solves x + g(x) = y.</summary>
    /// <param name="resources">Memory and threads.</param>
    /// <param name="branch">g, at its weights of now.</param>
    /// <param name="solver">Tolerance and when to give up.</param>
    /// <param name="y">The right-hand sides.</param>
    /// <exception cref="NonConvergenceException">A group did not reach the tolerance.</exception>
    public static InverseResult Solve(CpuResources resources, ConvBranch branch, Chebyshev solver, Tensor y)
    {
        using var scope = NewDisposeScope();
        double lipschitz = branch.LipschitzBound();
        long hidden = branch.Layers[0].Weight.size(0);
        long[] shape = y.shape;
        var groups = ExampleGroups.Of(shape, TVector.Lanes);
        var packed = new InterleavedBranch<TVector, TActivation>(resources, shape, hidden, branch.LeadingActivation);
        var weights = new InterleavedWeights((int)shape[1], (int)hidden);
        using var memory = resources.Memory.Rent(weights.Size);
        var w = weights.Pack(BranchTensors.Of(branch), memory.Pointer);
        var rule = solver.RuleFor(y);
        var ends = new End[groups.Count];
        var input = y.contiguous();
        var x = empty_like(input);
        float* ys = Floats.Of(input),
            xs = Floats.Of(x);
        resources.Workers.Run(groups.Count, packed.ValuesSize + Group.Maps * packed.DataSize, (index, work) =>
        {
            nint start = groups.Start(index);
            var group = new Group(packed, w, groups.In(index), work);
            ends[index] = group.Solve(ys + start, xs + start, lipschitz, rule.Fresh(), solver.MaxIterations);
        });
        if (ends.FirstOrDefault(end => !end.Reached) is { } failed)
            throw solver.Failure(failed.Largest, failed.Iterations, rule, lipschitz);
        return InverseResult.Certified(
            x.MoveToOuterDisposeScope(),
            ends.Max(end => end.Iterations),
            ends.Max(end => end.Largest),
            ends.Max(end => end.Distance),
            lipschitz
        );
    }

    /// <summary>One group and its maps.</summary>
    private readonly struct Group(
        InterleavedBranch<TVector, TActivation> branch,
        BranchWeights weights,
        int examples,
        float* work
    )
    {
        /// <summary>Of the data's size, beside those of the branch.</summary>
        public const int Maps = 5;

        private readonly InterleavedBranch<TVector, TActivation>.Maps _inner = branch.MapsOfValues(
            work + Maps * branch.DataSize
        );

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
                var epilogue = new ImageOf<TVector>(weights.LastBias, x, y, image);
                branch.Iterate(weights, x, _inner, ref epilogue);
                (now, double norm) = Measure(epilogue, done);
                if (rule.IsReached(now.Largest, norm))
                {
                    branch.Unpack(x, xs, examples);
                    return now with { Reached = true };
                }
                if (!double.IsFinite(now.Largest))
                    break;
                if (proposed && !IterativeSolver.Contracts(norm, least, lipschitz))
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

        private (End, double norm) Measure(in ImageOf<TVector> epilogue, int done)
        {
            var (each, sums) = (epilogue.Largest, epilogue.Squares);
            double largest = 0,
                squares = 0,
                distance = 0;
            for (int lane = 0; lane < examples; lane++)
            {
                double square = ((float*)&sums)[lane];
                squares += square;
                distance = Math.Max(distance, square);
                largest = Math.Max(largest, double.IsFinite(square) ? ((float*)&each)[lane] : square);
            }
            return (new(false, done, largest, Math.Sqrt(distance)), Math.Sqrt(squares));
        }

        /// <summary>before := before + weight (image - before).</summary>
        private static void Extrapolate(float* before, float* image, float weight, nint size)
        {
            var w = TVector.Create(weight);
            for (float* end = before + size; before < end; before += TVector.Lanes, image += TVector.Lanes)
            {
                var b = TVector.Load(before);
                TVector.MultiplyAdd(w, TVector.Load(image) - b, b).Store(before);
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
