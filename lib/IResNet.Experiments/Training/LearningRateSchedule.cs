namespace IResNet.Experiments.Training;

/// <summary>The learning rate as a function of the step alone: nothing of it needs to be saved.</summary>
internal static class LearningRateSchedule
{
    /// <summary>The rate of a step.</summary>
    /// <param name="options">Rate, warm-up and decay.</param>
    /// <param name="step">The step, from 0.</param>
    /// <param name="stepsPerEpoch">By how much the official warm-up lasts too long.</param>
    public static double At(TrainingOptions options, long step, int stepsPerEpoch)
    {
        double rate =
            options.LearningRate * Math.Pow(options.DecayFactor, options.DecaySteps.Count(decay => step >= decay));
        if (options.WarmUpSteps == 0)
            return rate;

        long end = options.WarmUp == WarmUpRule.Linear ? options.WarmUpSteps : options.WarmUpSteps + stepsPerEpoch;
        double risen = (double)Math.Min(step + 1, end) / options.WarmUpSteps;
        return step < end || options.WarmUp == WarmUpRule.OvershootAndStay ? rate * risen : rate;
    }
}
