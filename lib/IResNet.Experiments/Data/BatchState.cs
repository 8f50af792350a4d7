namespace IResNet.Experiments.Data;

/// <summary>
/// Where a sequence of batches stands. Together with the data and the settings it determines all that follows, so this
/// is what a checkpoint saves.
/// </summary>
/// <param name="Seed">The seed of order and augmentation.</param>
/// <param name="Epoch">The epoch, from 0.</param>
/// <param name="Position">Images of this epoch that were handed out.</param>
public readonly record struct BatchState(ulong Seed, int Epoch = 0, int Position = 0);
