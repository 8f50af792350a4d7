using System.Runtime.CompilerServices;

namespace IResNet.Cpu;

/// <summary>How the calling thread takes denormal numbers: as they are, or as zeros, which is far faster.</summary>
internal static class Denormals
{
    /// <summary>Whether results that are denormal become zero on this thread.</summary>
    public static bool AreFlushed => Halved(1.2e-38f) == 0;

    /// <summary>Sets the calling thread's mode until the result is disposed.</summary>
    public static Mode Flush(bool flush) => new(flush);

    // Not inlined: the compiler would compute it itself.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Halved(float smallest) => smallest * 0.5f;

    /// <summary>Restores a thread's mode.</summary>
    internal readonly struct Mode : IDisposable
    {
        private readonly bool _changed,
            _flush;

        public Mode(bool flush)
        {
            (_flush, _changed) = (flush, flush != AreFlushed);
            if (_changed)
                NativeRuntime.SetFlushDenormals(flush);
        }

        public void Dispose()
        {
            if (_changed)
                NativeRuntime.SetFlushDenormals(!_flush);
        }
    }
}
