
namespace IResNet.Tests.Weights;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheNewContentReplacesTheOldOne()
    {
        AtomicFile.WriteAllText(_folder["a"], "old");
        AtomicFile.WriteAllText(_folder["a"], "né");
        Assert.Equal([(byte)'n', 0xc3, 0xa9], File.ReadAllBytes(_folder["a"]));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void AFailureInTheMiddleLeavesTheOldContentAndNothingElse()
    {
        AtomicFile.WriteAllText(_folder["a"], "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(_folder["a"], stream =>
            {
                stream.WriteByte(1);
                throw new InvalidOperationException();
            }));
        Assert.Equal("old", File.ReadAllText(_folder["a"]));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void ReadersNeverMeetHalfAFile()
    {
        string[] contents = [new('a', 100_000), new('b', 50_000)];
        AtomicFile.WriteAllText(_folder["a"], contents[0]);
        var writing = Task.Run(
            () =>
            {
                for (int i = 1; i <= 40; i++)
                    AtomicFile.WriteAllText(_folder["a"], contents[i % 2]);
            },
            TestContext.Current.CancellationToken
        );
        while (!writing.IsCompleted)
            Assert.Contains(File.ReadAllText(_folder["a"]), contents);
        Assert.True(writing.IsCompletedSuccessfully);
    }
}
