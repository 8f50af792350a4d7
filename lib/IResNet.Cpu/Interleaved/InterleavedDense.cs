namespace IResNet.Cpu;

/// <summary>
/// A branch of dense layers with activations between them on one group of examples: value, Jacobian products and their
/// gradient. A dense layer is a 1x1 convolution whose pixels are examples: some vectors of them. A map holds, for
/// every feature, these for the value, again for each tangent, and for what is kept of the activation's derivatives:
/// [feature][value, tangents, derivative, its products with the tangents, preactivation][example].
/// </summary>
/// <param name="widths">Features, hidden widths, features.</param>
/// <param name="tangents">Jacobian products taken at once: 0, 1 for a series, 2 for the exact determinant of 2-D
/// data.</param>
internal sealed unsafe class InterleavedDense<TVector, TActivation>(int[] widths, int tangents)
    where TVector : unmanaged, IVector<TVector>
    where TActivation : unmanaged, IVectorActivation<TVector, TActivation>
{
    /// <summary>Examples in a group.</summary>
    public static int Group => Vectors * Lanes;

    private static int Lanes => TVector.Lanes;

    /// <summary>Vectors of a group: a multiple of the pixels that a convolution holds in registers.</summary>
    private static int Vectors => TVector.HasManyRegisters ? 4 : 6;

    private static readonly InterleavedLayout[] Parts = [.. Geometries(_ => Vectors)],
        Wholes = [.. Geometries(tangents => Vectors * (1 + tangents))];

    /// <summary>The value, or one tangent.</summary>
    private readonly InterleavedLayout _part = Parts[tangents];

    /// <summary>The value and all tangents.</summary>
    private readonly InterleavedLayout _whole = Wholes[tangents];

    private int Plane => _whole.Plane;

    /// <summary>Dense layers.</summary>
    public int Layers => widths.Length - 1;

    private nint Largest => MapSize(widths.Max());

    /// <summary>
    /// Floats of the maps that belong to a point: inputs of all layers, and the estimate's derivative in the tangents'
    /// products.
    /// </summary>
    public nint PointSize { get; } = widths.Sum(InterleavedLayout.RoundUp) * (nint)Parts[tangents].Plane;

    /// <summary>Floats of scratch memory per thread, beside a point.</summary>
    public nint WorkSize =>
        3 * Largest + MapSize(widths[0]) + 2 * (nint)Lanes * InterleavedLayout.RoundUp(widths.Max());

    /// <summary>Floats of all gradients: weight and bias of each layer in turn, then those of learned
    /// activations.</summary>
    public int GradientSize => LayersGradientSize + (TActivation.IsLearned ? Layers - 1 : 0);

    private int LayersGradientSize { get; } =
        widths.Zip(widths.Skip(1), (inputs, outputs) => (inputs + 1) * outputs).Sum();

    /// <summary>Goes to a point: the inputs of all layers.</summary>
    /// <param name="weights">As <see cref="DenseWeights"/> packs them.</param>
    /// <param name="x">The group's first example in torch's layout.</param>
    /// <param name="examples">Examples in this group.</param>
    /// <param name="point">Receives the maps.</param>
    /// <param name="backward">Whether <see cref="Backward"/> follows.</param>
    public void MoveTo(DenseWeights weights, float* x, int examples, float* point, bool backward)
    {
        Pack(x, examples, point);
        float* input = point;
        for (int layer = 0; layer < Layers - 1; layer++)
        {
            float* output = input + MapSize(widths[layer]);
            var epilogue = new BiasActivation<TVector, TActivation>(
                weights.Bias(layer),
                ActivationAt(output, weights.Learned(layer), backward)
            );
            Multiply(input, weights.Matrix(layer), layer, ref epilogue);
            input = output;
        }
    }

    /// <summary>y = x + g(x) at a point.</summary>
    public void Value(DenseWeights weights, int examples, float* y, float* point, float* work)
    {
        var epilogue = new BiasResidual<TVector>(weights.Bias(Layers - 1), point, work);
        Multiply(Derivative(point) - MapSize(widths[Layers - 1]), weights.Matrix(Layers - 1), Layers - 1, ref epilogue);
        Unpack(work, y, examples);
    }

    /// <summary>ln |det(I + J)| of 2-D data at a point, from J's two columns.</summary>
    public void Exact(DenseWeights weights, int examples, float* logDet, float* point, bool backward)
    {
        float* derivative = Derivative(point);
        for (int column = 0; column < 2; column++)
        {
            for (int row = 0; row < 2; row++)
                new Span<float>(Tangent(point, column) + row * Plane, Group).Fill(row == column ? 1 : 0);
            Product(weights, column, point, Tangent(derivative, column), backward);
        }
        float* present = stackalloc float[Group];
        for (int i = 0; i < Group; i++)
            present[i] = i < examples ? 1 : 0;
        float* j11 = Tangent(derivative, 0),
            j21 = j11 + Plane,
            j12 = Tangent(derivative, 1),
            j22 = j12 + Plane;
        for (int at = 0; at < Group; at += Lanes)
        {
            // In double precision: the determinant is close to 1, and its logarithm would lose what J has.
            for (int i = at; i < Math.Min(at + Lanes, examples); i++)
                logDet[i] = (float)Math.Log(Math.Abs((1.0 + j11[i]) * (1.0 + j22[i]) - (double)j12[i] * j21[i]));
            var (a, b) = (TVector.Create(1) + TVector.Load(j11 + at), TVector.Load(j12 + at));
            var (c, d) = (TVector.Load(j21 + at), TVector.Create(1) + TVector.Load(j22 + at));
            var determinant = a * d - b * c;
            // Of ln |ad - bc| in a, b, c and d. Lanes without an example must not bring a division by zero into sums
            // over examples.
            var (valid, zero) = (TVector.Load(present + at), TVector.Create(0));
            TVector.WherePositive(valid, d / determinant, zero).Store(j11 + at);
            TVector.WherePositive(valid, zero - c / determinant, zero).Store(j12 + at);
            TVector.WherePositive(valid, zero - b / determinant, zero).Store(j21 + at);
            TVector.WherePositive(valid, a / determinant, zero).Store(j22 + at);
        }
    }

    /// <summary>The estimate of <see cref="WeightedSeries"/> at a point.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="series">The weights of the terms.</param>
    /// <param name="probe">v, in torch's layout.</param>
    /// <param name="examples">Examples in this group.</param>
    /// <param name="logDet">Receives the estimate, one per example.</param>
    /// <param name="direction">Receives r, as v.</param>
    /// <param name="point">The point.</param>
    /// <param name="work">Scratch memory.</param>
    public void Series(
        DenseWeights weights,
        WeightedSeries series,
        float* probe,
        int examples,
        float* logDet,
        float* direction,
        float* point,
        float* work
    )
    {
        float* v = Tangent(Derivative(point), 0),
            power = Tangent(point, 0),
            r = work,
            product = work + MapSize(widths[0]);
        Pack(probe, examples, v);
        Copy(v, power);
        Copy(v, r);
        var value = stackalloc TVector[Vectors];
        new Span<TVector>(value, Vectors).Clear();
        for (int k = 0; k < series.Values.Count; k++)
        {
            float weight = (float)series.Directions[k];
            Product(weights, 0, point, product, backward: false);
            AddDot(v, product, (float)series.Values[k], value);
            Copy(product, power);
            for (int feature = 0; feature < widths[0]; feature++)
                VectorMath<TVector>.Add(product + feature * (nint)Plane, weight, r + feature * (nint)Plane, Group);
        }
        Unpack(r, direction, examples);
        if (series.Last != 0)
        {
            Copy(r, power);
            Product(weights, 0, point, product, backward: false);
            AddDot(v, product, (float)series.Last, value);
        }
        new Span<float>(value, examples).CopyTo(new Span<float>(logDet, examples));
    }

    /// <summary>The last product of <see cref="Series"/> again: that of r, for which the gradient is taken.</summary>
    public void LastProduct(
        DenseWeights weights,
        float* probe,
        float* direction,
        int examples,
        float* point,
        float* work
    )
    {
        Pack(probe, examples, Tangent(Derivative(point), 0));
        Pack(direction, examples, Tangent(point, 0));
        Product(weights, 0, point, work, backward: true);
    }

    /// <summary>Cotangents of x and of the weights, given those of y and of the estimate.</summary>
    /// <param name="weights">The weights, for the activations' parameters.</param>
    /// <param name="transposed">The transposed weights.</param>
    /// <param name="y">Cotangent of y, in torch's layout.</param>
    /// <param name="logDet">Cotangent of the estimate, one per example.</param>
    /// <param name="examples">Examples in this group.</param>
    /// <param name="point">The point, with the tangents and the derivative that the estimate left there.</param>
    /// <param name="work">Scratch memory.</param>
    /// <param name="x">Receives the cotangent of x, in torch's layout.</param>
    /// <param name="gradient">Receives all gradients.</param>
    public void Backward(
        DenseWeights weights,
        DenseWeights transposed,
        float* y,
        float* logDet,
        int examples,
        float* point,
        float* work,
        float* x,
        float* gradient
    )
    {
        float* dy = work,
            current = dy,
            next = dy + MapSize(widths[0]),
            other = next + Largest;
        int mostSums = InterleavedLayout.RoundUp(widths.Max());
        TVector* sums = (TVector*)(other + Largest),
            shares = sums + mostSums;
        float* input = Derivative(point),
            g = gradient + LayersGradientSize;
        Pack(y, examples, dy);
        if (tangents > 0)
            Scale(input, logDet, examples, dy);
        SumFeatures(dy, sums);
        for (int layer = Layers - 1; layer >= 0; layer--)
        {
            var (inputs, outputs) = (widths[layer], widths[layer + 1]);
            input -= MapSize(inputs);
            g -= (inputs + 1) * outputs;
            InterleavedWeightGradient<TVector>.Run(new(current, input), default, inputs, outputs, kernel: 1, _whole, g);
            for (int i = 0; i < outputs; i++)
                g[inputs * outputs + i] = TVector.Sum(sums[i]);
            if (layer == 0)
                break;
            float learned = weights.Learned(layer - 1);
            for (int t = 0; t < tangents; t++)
            {
                var tangent = new TangentCotangent<TVector, TActivation>(
                    ActivationAt(input, learned, backward: true, t),
                    Tangent(input, t),
                    Tangent(next, t),
                    next,
                    add: t > 0
                );
                MultiplyTransposed(Tangent(current, t), transposed.Matrix(layer), layer, ref tangent);
            }
            new Span<TVector>(sums, 2 * mostSums).Clear();
            var activation = ActivationAt(input, learned, backward: true);
            var value = new PreactivationCotangent<TVector, TActivation>(
                activation,
                tangents > 0 ? next : null,
                next,
                sums,
                shares
            );
            MultiplyTransposed(current, transposed.Matrix(layer), layer, ref value);
            if (TActivation.IsLearned)
            {
                double share = 0;
                for (int i = 0; i < inputs; i++)
                    share += TVector.Sum(shares[i]);
                gradient[LayersGradientSize + layer - 1] = activation.Phi.ParameterGradient((float)share);
            }
            current = next;
            next = other;
            other = current;
        }
        var dx = new InputCotangent<TVector, TActivation>(dy, default, null, next, null);
        MultiplyTransposed(current, transposed.Matrix(0), 0, ref dx);
        Unpack(next, x, examples);
    }

    private static IEnumerable<InterleavedLayout> Geometries(Func<int, int> width) =>
        Enumerable
            .Range(0, 3)
            .Select(tangents => InterleavedLayout.Borderless(Lanes, width(tangents), PartsOf(tangents) * Group));

    /// <summary>What a map holds for every feature.</summary>
    private static int PartsOf(int tangents) =>
        1 + tangents + (TActivation.FollowsFromValue ? 0 : 1 + tangents) + (TActivation.IsLearned ? 1 : 0);

    private static float* Tangent(float* map, int index) => map + (1 + index) * Group;

    /// <summary>The activation whose values a map holds.</summary>
    /// <param name="map">A layer's input.</param>
    /// <param name="parameter">Of the activation, if it is learned.</param>
    /// <param name="backward">Whether the backward pass follows, or this is it.</param>
    /// <param name="tangent">The tangent whose product with the second derivative is kept. The last one's takes the
    /// place of the second derivative, of which nothing more is needed then.</param>
    private Activated<TVector, TActivation> ActivationAt(
        float* map,
        float parameter,
        bool backward,
        int tangent = 0
    )
    {
        float* others = map + (1 + tangents) * Group;
        return new()
        {
            Phi = TActivation.Of(parameter),
            Value = map,
            Derivative = others,
            Curvature = backward && tangents > 0 ? others + tangents * Group : null,
            Bend = backward && tangents > 0 ? others + (1 + tangent) * Group : null,
            Preactivation = backward ? others + (1 + tangents) * Group : null,
        };
    }

    private nint MapSize(int width) => (nint)InterleavedLayout.RoundUp(width) * Plane;

    /// <summary>The last of a point's maps.</summary>
    private float* Derivative(float* point) => point + PointSize - MapSize(widths[0]);

    /// <summary>J times the tangent that lies in the first map; those of the other layers go into theirs.</summary>
    private void Product(DenseWeights weights, int index, float* point, float* product, bool backward)
    {
        float* input = point;
        for (int layer = 0; layer < Layers; layer++)
        {
            float* output = input + MapSize(widths[layer]);
            bool last = layer == Layers - 1;
            var epilogue = new TimesDerivative<TVector, TActivation>(
                last ? default : ActivationAt(output, weights.Learned(layer), backward, index),
                last ? product : Tangent(output, index)
            );
            Multiply(Tangent(input, index), weights.Matrix(layer), layer, ref epilogue);
            input = output;
        }
    }

    private void Multiply<TEpilogue>(float* input, float* matrix, int layer, ref TEpilogue epilogue)
        where TEpilogue : struct, IEpilogue<TVector> =>
        InterleavedConvolution<TVector>.Run(
            input,
            matrix,
            widths[layer],
            widths[layer + 1],
            kernel: 1,
            _part,
            ref epilogue
        );

    private void MultiplyTransposed<TEpilogue>(float* input, float* matrix, int layer, ref TEpilogue epilogue)
        where TEpilogue : struct, IEpilogue<TVector> =>
        InterleavedConvolution<TVector>.Run(
            input,
            matrix,
            widths[layer + 1],
            widths[layer],
            kernel: 1,
            _part,
            ref epilogue
        );

    /// <summary>
    /// Puts examples side by side. Lanes without an example and rows that only fill up a tile become zero.
    /// </summary>
    private void Pack(float* source, int examples, float* part)
    {
        int features = widths[0];
        for (int row = 0; row < InterleavedLayout.RoundUp(features); row++)
        {
            float* to = part + row * (nint)Plane;
            int valid = row < features ? examples : 0;
            for (int example = 0; example < valid; example++)
                to[example] = source[(nint)example * features + row];
            new Span<float>(to + valid, Group - valid).Clear();
        }
    }

    private void Unpack(float* part, float* target, int examples)
    {
        int features = widths[0];
        for (int row = 0; row < features; row++)
            for (int example = 0; example < examples; example++)
                target[(nint)example * features + row] = part[row * (nint)Plane + example];
    }

    /// <summary>Within maps of x's width.</summary>
    private void Copy(float* from, float* to)
    {
        for (int row = 0; row < InterleavedLayout.RoundUp(widths[0]); row++)
            new Span<float>(from + row * (nint)Plane, Group).CopyTo(new Span<float>(to + row * (nint)Plane, Group));
    }

    /// <summary>Adds factor v.x to the value of each example.</summary>
    private void AddDot(float* v, float* x, float factor, TVector* value)
    {
        for (int i = 0; i < Vectors; i++)
        {
            var sum = default(TVector);
            for (int feature = 0; feature < widths[0]; feature++)
            {
                nint at = feature * (nint)Plane + i * Lanes;
                sum = TVector.MultiplyAdd(TVector.Load(v + at), TVector.Load(x + at), sum);
            }
            value[i] += TVector.Create(factor) * sum;
        }
    }

    /// <summary>The tangents of a map of x's width, each example times its factor.</summary>
    private void Scale(float* map, float* factors, int examples, float* result)
    {
        float* scale = stackalloc float[Group];
        new Span<float>(scale, Group).Clear();
        new Span<float>(factors, examples).CopyTo(new Span<float>(scale, Group));
        for (int row = 0; row < InterleavedLayout.RoundUp(widths[0]); row++)
            for (int t = 0; t < tangents; t++)
            {
                float* from = Tangent(map, t) + row * (nint)Plane,
                    to = Tangent(result, t) + row * (nint)Plane;
                for (int at = 0; at < Group; at += Lanes)
                    (TVector.Load(from + at) * TVector.Load(scale + at)).Store(to + at);
            }
    }

    /// <summary>Sums over examples but for the last step, of a map of x's width.</summary>
    private void SumFeatures(float* map, TVector* sums)
    {
        for (int feature = 0; feature < widths[0]; feature++)
        {
            float* x = map + feature * (nint)Plane;
            var sum = TVector.Load(x);
            for (int at = Lanes; at < Group; at += Lanes)
                sum += TVector.Load(x + at);
            sums[feature] = sum;
        }
    }
}
