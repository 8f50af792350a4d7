// CIFAR-100: photographs of a hundred classes, 50,000 + 10,000 of 3x32x32. From the publisher.
// dotnet run data-scripts/cifar100.cs [-- --from FILE|FOLDER] [--folder DIR] [--force]
// The same as iresnet data cifar100.

using System.Diagnostics;

string scripts = (string)AppContext.GetData("EntryPointFileDirectoryPath")!;
string project = Path.Combine(scripts, "..", "lib", "IResNet.Workbook");
string[] command = ["run", "-c", "Release", "--project", project, "--", "data", "cifar100", .. args];
using var iresnet = Process.Start("dotnet", command);
await iresnet.WaitForExitAsync();
return iresnet.ExitCode;
