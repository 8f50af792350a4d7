namespace IResNet.Cpu;

/// <summary>
/// As many floats as a register of the processor holds. Kernels are written once, for any width; the just-in-time
/// compiler makes each width's own code of them.
/// </summary>
internal unsafe interface IVector<TSelf>
    where TSelf : unmanaged, IVector<TSelf>
{
    /// <summary>Floats in a vector: a multiple of 4, at most 16.</summary>
    static abstract int Lanes { get; }

    /// <summary>Whether kernels may hold some thirty vectors in registers; else they hold some fifteen.</summary>
    static abstract bool HasManyRegisters { get; }

    /// <summary>The instruction set, for people.</summary>
    static abstract string Name { get; }

    /// <summary>The same number in every lane.</summary>
    static abstract TSelf Create(float value);

    /// <summary>From memory, aligned or not.</summary>
    static abstract TSelf Load(float* from);

    /// <summary>To memory, aligned or not.</summary>
    void Store(float* to);

    /// <summary>a + b.</summary>
    static abstract TSelf operator +(TSelf a, TSelf b);

    /// <summary>a - b.</summary>
    static abstract TSelf operator -(TSelf a, TSelf b);

    /// <summary>a b.</summary>
    static abstract TSelf operator *(TSelf a, TSelf b);

    /// <summary>a / b.</summary>
    static abstract TSelf operator /(TSelf a, TSelf b);

    /// <summary>a b + c, rounded once where the processor can.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>The smaller one; NaN where b is NaN.</summary>
    static abstract TSelf Min(TSelf a, TSelf b);

    /// <summary>The larger one; NaN where b is NaN.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>Without the sign.</summary>
    static abstract TSelf Abs(TSelf a);

    /// <summary>The nearest whole number.</summary>
    static abstract TSelf Round(TSelf a);

    /// <summary>2^n for whole numbers n that give a normal number.</summary>
    static abstract TSelf PowerOfTwo(TSelf n);

    /// <summary>Lane by lane, one of two: the first where the condition is above 0.</summary>
    static abstract TSelf WherePositive(TSelf condition, TSelf then, TSelf otherwise);

    /// <summary>The sum of all lanes.</summary>
    static abstract float Sum(TSelf a);

    /// <summary>The sums of the lanes of sixteen vectors, which lie one after the other.</summary>
    static abstract void SumSixteen(float* vectors, float* sums);

    /// <summary>Transposes a square matrix of as many rows as lanes, in place.</summary>
    static abstract void Transpose(float* matrix);
}
