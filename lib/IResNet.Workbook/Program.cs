using System.CommandLine;
using IResNet.Workbook;
using IResNet.Workbook.Commands;

Globalization.Configure();
return await new RootCommand("Invertible residual networks: notebooks, training, data and diagnosis.")
{
    RunCommand.Create(),
    KernelCommand.Create(),
    TrainCommand.Create(),
    RunsCommand.Create(),
    SampleCommand.Create(),
    EvaluateCommand.Create(),
    CertifyCommand.Create(),
    ExportCommand.Create(),
    ImportCommand.Create(),
    SweepCommand.Create(),
    CollectCommand.Create(),
    DataCommand.Create(),
    BenchCommand.Create(),
    DoctorCommand.Create(),
}
    .Parse(args)
    .InvokeAsync(
        new InvocationConfiguration
        {
            // Commands take Ctrl-C themselves: a cell that is stopped may need longer than the parser would wait.
            ProcessTerminationTimeout = null,
        }
    );
