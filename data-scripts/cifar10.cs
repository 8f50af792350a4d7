#:project ../lib/IResNet.Experiments

// CIFAR-10: photographs of ten classes, 50,000 + 10,000 of 3x32x32. From the publisher.
// dotnet run data-scripts/cifar10.cs [-- --from FILE|FOLDER] [--folder DIR] [--force]

using IResNet.Experiments.Data;

return await DataCommandLine.RunScript("cifar10", args);
