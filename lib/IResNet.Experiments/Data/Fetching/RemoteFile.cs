namespace IResNet.Experiments.Data.Fetching;

/// <summary>A published file.</summary>
/// <param name="Address">Where it is.</param>
/// <param name="Checksum">Its published checksum.</param>
/// <param name="Bytes">Its published length, where known.</param>
internal sealed record RemoteFile(Uri Address, Checksum Checksum, long? Bytes = null)
{
    /// <summary>The address's last part.</summary>
    public string Name => Address.Segments[^1];
}
