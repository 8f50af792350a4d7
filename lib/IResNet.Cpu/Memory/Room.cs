namespace IResNet.Cpu;

/// <summary>Memory that is given out map by map.</summary>
/// <param name="next">Where it begins.</param>
internal unsafe struct Room(float* next)
{
    private float* _next = next;

    /// <summary>The next so many numbers.</summary>
    public float* Take(nint size)
    {
        float* taken = _next;
        _next += size;
        return taken;
    }
}
