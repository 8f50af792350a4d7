using IResNet.Experiments.Data;

namespace IResNet.Tests.Programs.Experiments.Data;

public class PhiloxTests
{
    // Known answers of philox4x32-10 that the authors publish with Random123.
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0ul, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0ul, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(
        0x243f6a88u,
        0x85a308d3u,
        0x13198a2eu,
        0x03707344u,
        0x299f31d0a4093822ul,
        0xd16cfe09u,
        0x94fdccebu,
        0x5001e420u,
        0x24126ea1u
    )]
    public void KnownAnswers(uint c0, uint c1, uint c2, uint c3, ulong key, uint r0, uint r1, uint r2, uint r3) =>
        Assert.Equal(new(r0, r1, r2, r3), Philox.Block(key, new(c0, c1, c2, c3)));

    [Fact]
    public void WordsComeBlockAfterBlock()
    {
        var random = new Philox(7, (1, 2, 3));
        uint[] words = Enumerable.Range(0, 8).Select(_ => random.NextUInt32()).ToArray();
        var (first, second) = (Philox.Block(7, new(0, 1, 2, 3)), Philox.Block(7, new(1, 1, 2, 3)));
        Assert.Equal([first.A, first.B, first.C, first.D, second.A, second.B, second.C, second.D], words);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(9)]
    [InlineData(1000)]
    public void IntegersAreUniform(int bound)
    {
        var random = new Philox(3, (9, 0, (uint)bound));
        int[] counts = new int[bound];
        int draws = 1000 * bound;
        for (int i = 0; i < draws; i++)
            counts[random.NextInt32(bound)]++;
        // chi² has mean bound - 1 and variance 2 (bound - 1).
        double chi2 = counts.Sum(c => Math.Pow(c - 1000, 2) / 1000);
        Assert.InRange(
            chi2,
            bound - 1 - 4.5 * Math.Sqrt(2 * (bound - 1)),
            bound - 1 + 4.5 * Math.Sqrt(2 * (bound - 1))
        );
    }

    [Fact]
    public void StreamsDiffer()
    {
        var names =
            from seed in new ulong[] { 1, 2, 1ul << 32 }
            from purpose in new uint[] { 1, 2 }
            from epoch in new uint[] { 0, 1 }
            from index in new uint[] { 0, 1 }
            select new Philox(seed, (purpose, epoch, index)).NextUInt32();
        Assert.Equal(24, names.Distinct().Count());
    }
}
