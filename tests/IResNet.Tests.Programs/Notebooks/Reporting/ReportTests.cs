using IResNet.Notebooks;
using Xunit;

namespace IResNet.Tests.Programs.Notebooks;

public class ReportTests
{
    [Fact]
    public void AClaimThatHoldsIsSilentAndOneThatDoesNotIsNamed()
    {
        Report.Claim(true, "one is one");
        var failure = Assert.Throws<ClaimException>(() => Report.Claim(false, "one is two"));
        Assert.Equal("Claim does not hold: one is two", failure.Message);
    }

    [Fact]
    public void TheMachineIsNamedWithItsMemory() =>
        Assert.Matches(
            $@"{Environment.ProcessorCount} logical cores, .*libtorch 2\.\d+.*; \d+ MB resident$",
            Report.Machine()
        );

    [Fact]
    public void ATableHasThePaperBesideOurs() =>
        Assert.Equal([new ReportRow("bits/dim", "1.06", "1.90")], Report.Table(("bits/dim", "1.06", "1.90")));
}
