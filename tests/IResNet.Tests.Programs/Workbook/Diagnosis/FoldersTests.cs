using IResNet.Workbook.Diagnosis;

namespace IResNet.Tests.Programs.Workbook.Diagnosis;

/// <summary>Whether folders can be written, in places that refuse root as well.</summary>
public class FoldersTests
{
    [Theory]
    [InlineData("/dev/null")] // a file in the way
    [InlineData("/dev/null/iresnet/data")]
    [InlineData("/proc/iresnet/data")] // a file system that takes no files
    [InlineData("/proc")]
    [InlineData("/sys/kernel")]
    public void WhatCannotBeWrittenIsAFault(string folder)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc");
        var finding = MachineChecks.Disk("data", folder, Folders.WhyNotWritable(folder), Folders.FreeSpace(folder));
        Assert.Equal(Verdict.Fault, finding.Verdict);
        Assert.Contains($"{folder} cannot be written", finding.Message);
        Assert.Contains("IRESNET_DATA", finding.Remedy);
    }

    [Fact]
    public void AFolderThatIsThereOrCanBeMadeIsFineAndStaysAsItIs()
    {
        using var folder = new TemporaryFolder();
        Assert.Null(Folders.WhyNotWritable(folder.Path));
        Assert.Null(Folders.WhyNotWritable(folder["not", "yet", "there"]));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        Assert.True(Folders.FreeSpace(folder["not", "yet"]) > 0);
        File.WriteAllText(folder["file"], "");
        Assert.Equal($"{folder["file"]} is no folder", Folders.WhyNotWritable(folder["file", "below"]));
    }

    [Fact]
    public void PermissionsCountForThoseWhoAreNotRoot()
    {
        if (OperatingSystem.IsWindows() || Environment.UserName == "root")
        {
            Assert.Skip("root may write everywhere");
            return;
        }
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["closed"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.NotNull(Folders.WhyNotWritable(folder["closed"]));
        Assert.NotNull(Folders.WhyNotWritable(folder["closed", "below"]));
    }
}
