namespace IResNet.Workbook.Diagnosis;

/// <summary>libtorch and what it computes on.</summary>
internal static class TorchChecks
{
    /// <summary>Whether the native half of TorchSharp loads, and whether the build had to help.</summary>
    /// <param name="loadError">What the system's loader says; null where it loads.</param>
    /// <param name="version">libtorch's version; null where it does not load.</param>
    /// <param name="systemDefines">Whether libstdc++ defines the symbol version that TorchSharp asks for; null where
    /// there is none, as on Windows.</param>
    public static Finding Native(string? loadError, string? version, bool? systemDefines) =>
        loadError switch
        {
            null => Finding.Ok(
                "libtorch",
                systemDefines == false
                    ? $"{version} loads; libstdc++ lacks {NativeTorch.VersionNeed}, the build's fix is applied"
                    : $"{version} loads"
            ),
            _ when loadError.Contains(NativeTorch.VersionNeed, StringComparison.Ordinal) => Finding.Fault(
                "libtorch",
                $"does not load: the build's fix for a libstdc++ without {NativeTorch.VersionNeed} is not applied "
                    + $"({loadError})",
                "build again with dotnet build -c Release; do not copy libLibTorchSharp.so from the package"
            ),
            _ => Finding.Fault(
                "libtorch",
                $"does not load: {loadError}",
                "build for this platform with dotnet build -c Release -p:TorchBackend=cpu (or cuda); with none, "
                    + "LD_LIBRARY_PATH must name a libtorch"
            ),
        };

    /// <summary>The CUDA devices.</summary>
    /// <param name="devices">How many libtorch can use.</param>
    /// <param name="hasDriver">Whether an NVIDIA driver is installed.</param>
    public static Finding Cuda(int devices, bool hasDriver) =>
        (devices, hasDriver) switch
        {
            ( > 0, _) => Finding.Ok("CUDA", $"{devices} device{(devices == 1 ? "" : "s")}"),
            (_, true) => Finding.Warning(
                "CUDA",
                "an NVIDIA driver is here, but this build computes on the CPU",
                "build with dotnet build -c Release -p:TorchBackend=cuda"
            ),
            _ => Finding.Ok("CUDA", "no device: computing on the CPU"),
        };

    /// <summary>The settings that <see cref="NativeRuntime"/> makes.</summary>
    public static Finding Settings(bool flushesDenormals, bool keepsMemory, bool usesOneDnn)
    {
        string state =
            $"denormals {(flushesDenormals ? "flushed" : "kept")}, freed memory "
            + $"{(keepsMemory ? "kept" : "given back")}, oneDNN {(usesOneDnn ? "used" : "off")}";
        if (!usesOneDnn)
            return Finding.Warning(
                "settings",
                state,
                "nothing to mend: oneDNN computes wrong convolutions on this processor, libtorch's own are slower"
            );
        return flushesDenormals && keepsMemory
            ? Finding.Ok("settings", state)
            : Finding.Warning(
                "settings",
                state,
                "nothing to mend: known for Linux on x64 with glibc only; long trainings may be slower here"
            );
    }

    /// <summary>How libtorch's threads wait for each other.</summary>
    /// <param name="chosen">The variable that a user set, with its value; null for none.</param>
    public static Finding Waiting(string? chosen) =>
        Finding.Ok("waiting", chosen is null ? "threads that wait soon sleep" : $"as {chosen} says");
}
