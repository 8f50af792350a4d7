[assembly: IResNet.Tests.SeededTorch]

namespace IResNet.Tests;

/// <summary>
/// Every test starts from the same state of torch's generator. Without that a test that seeds nothing would judge other
/// weights in every run, as tests before it train by the clock: it would fail once in a while, and nobody could repeat
/// it.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class SeededTorchAttribute : Xunit.v3.BeforeAfterTestAttribute
{
    /// <inheritdoc/>
    public override void Before(System.Reflection.MethodInfo methodUnderTest, Xunit.v3.IXunitTest test) =>
        manual_seed(1);
}
