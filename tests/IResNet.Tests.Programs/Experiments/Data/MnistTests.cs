using IResNet.Experiments.Data;
using IResNet.Experiments.Data.Fetching;

namespace IResNet.Tests.Programs.Experiments.Data;

public class MnistTests
{
    [Fact]
    public async Task RealMnist()
    {
        using var temporary = new TemporaryFolder();
        bool installed = new DataFolder(DataFolder.DefaultRoot).Find(Catalogue.Mnist) is not null;
        ImageDataSet mnist;
        try
        {
            mnist = await DataSets.Mnist(
                new() { Folder = installed ? null : temporary.Path, Progress = new Progress<DataProgress>() },
                TestContext.Current.CancellationToken
            );
        }
        catch (DataUnavailableException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
        Assert.Equal("MNIST: 60,000 training and 10,000 test images, 1x28x28, 10 classes", mnist.ToString());
        Assert.Equal(
            [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
            mnist.Train.Labels.ToArray().CountBy(l => l).OrderBy(c => c.Key).Select(c => c.Value)
        );
        // The mean and deviation that everybody normalises MNIST with.
        double sum = 0,
            squares = 0;
        foreach (byte p in mnist.Train.Images.Span)
        {
            sum += p / 255.0;
            squares += p / 255.0 * (p / 255.0);
        }
        double mean = sum / mnist.Train.Images.Length;
        Assert.Equal(0.1307, mean, 4);
        Assert.Equal(0.3081, Math.Sqrt(squares / mnist.Train.Images.Length - mean * mean), 4);
    }
}
