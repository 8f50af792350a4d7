// CIFAR-10: photographs of ten classes, 50,000 + 10,000 of 3x32x32. From the publisher.
// dotnet run data-scripts/cifar10.cs [-- --from FILE|FOLDER] [--folder DIR] [--force]
// The same as iresnet data cifar10.

using System.Diagnostics;

string scripts = (string)AppContext.GetData("EntryPointFileDirectoryPath")!;
string project = Path.Combine(scripts, "..", "lib", "IResNet.Workbook");
string[] command = ["run", "-c", "Release", "--project", project, "--", "data", "cifar10", .. args];
using var iresnet = Process.Start("dotnet", command);
await iresnet.WaitForExitAsync();
return iresnet.ExitCode;
