using System.Runtime.InteropServices;

namespace IResNet.Experiments.Data;

/// <summary>
/// The counter-based generator Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011). A
/// stream is a pure function of a key and a name: whoever knows where a run stands can draw what comes next, and no
/// state needs to be saved.
/// </summary>
/// <param name="key">The seed.</param>
/// <param name="stream">The stream's name: up to 96 bits, of which each value gives other numbers.</param>
internal struct Philox(ulong key, (uint Purpose, uint Epoch, uint Index) stream)
{
    private uint _block;
    private uint _pending;
    private Words _words;

    /// <summary>The next 32 bits.</summary>
    public uint NextUInt32()
    {
        if (_pending == 0)
        {
            _words = Block(key, new(_block++, stream.Purpose, stream.Epoch, stream.Index));
            _pending = 4;
        }
        return (4 - _pending--) switch
        {
            0 => _words.A,
            1 => _words.B,
            2 => _words.C,
            _ => _words.D,
        };
    }

    /// <summary>A uniform integer in [0, bound), without bias (Lemire 2019).</summary>
    public int NextInt32(int bound)
    {
        while (true)
        {
            ulong product = (ulong)NextUInt32() * (uint)bound;
            if ((uint)product >= (uint)-bound % (uint)bound)
                return (int)(product >> 32);
        }
    }

    /// <summary>Fills with random bits, from the next whole block on.</summary>
    public void Fill(Span<ushort> target)
    {
        _pending = 0;
        Span<Words> one = stackalloc Words[1];
        for (var bits = MemoryMarshal.Cast<Words, ushort>(one); target.Length > 0;)
        {
            one[0] = Block(key, new(_block++, stream.Purpose, stream.Epoch, stream.Index));
            int count = Math.Min(bits.Length, target.Length);
            bits[..count].CopyTo(target);
            target = target[count..];
        }
    }

    /// <summary>The bijection of 128-bit counters that the generator is.</summary>
    internal static Words Block(ulong key, Words counter)
    {
        var (k0, k1) = ((uint)key, (uint)(key >> 32));
        for (int round = 0; round < 10; round++, k0 += 0x9E3779B9, k1 += 0xBB67AE85)
        {
            var (p0, p1) = (0xD2511F53ul * counter.A, 0xCD9E8D57ul * counter.C);
            counter = new((uint)(p1 >> 32) ^ counter.B ^ k0, (uint)p1, (uint)(p0 >> 32) ^ counter.D ^ k1, (uint)p0);
        }
        return counter;
    }

    /// <summary>128 bits.</summary>
    internal readonly record struct Words(uint A, uint B, uint C, uint D);
}
