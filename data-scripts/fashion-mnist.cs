// Fashion-MNIST: pictures of clothing, 60,000 + 10,000 of 1x28x28. From the publisher, else from Debian.
// dotnet run data-scripts/fashion-mnist.cs [-- --from FILE|FOLDER] [--folder DIR] [--force]
// The same as iresnet data fashion-mnist.

using System.Diagnostics;

string scripts = (string)AppContext.GetData("EntryPointFileDirectoryPath")!;
string project = Path.Combine(scripts, "..", "lib", "IResNet.Workbook");
string[] command = ["run", "-c", "Release", "--project", project, "--", "data", "fashion-mnist", .. args];
using var iresnet = Process.Start("dotnet", command);
await iresnet.WaitForExitAsync();
return iresnet.ExitCode;
