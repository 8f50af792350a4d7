#:project ../lib/IResNet.Experiments

// CIFAR-100: photographs of a hundred classes, 50,000 + 10,000 of 3x32x32. From the publisher.
// dotnet run data-scripts/cifar100.cs [-- --from FILE|FOLDER] [--folder DIR] [--force]

using IResNet.Experiments.Data;

return await DataCommandLine.RunScript("cifar100", args);
