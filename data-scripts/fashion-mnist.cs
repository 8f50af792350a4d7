#:project ../lib/IResNet.Experiments

// Fashion-MNIST: pictures of clothing, 60,000 + 10,000 of 1x28x28. From the publisher, else from Debian.
// dotnet run data-scripts/fashion-mnist.cs [-- --from FILE|FOLDER] [--folder DIR] [--force]

using IResNet.Experiments.Data;

return await DataCommandLine.RunScript("fashion-mnist", args);
