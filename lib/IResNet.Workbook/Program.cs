using System.CommandLine;
using System.CommandLine.Invocation;
using IResNet.Workbook;
using IResNet.Workbook.Commands;

Globalization.Configure();
var parsed = IResNetCommand.Create().Parse(args.Length > 0 ? args : ["--help"]);
return parsed.Action is ParseErrorAction
    ? IResNetCommand.Refuse(parsed)
    : await parsed.InvokeAsync(
        new InvocationConfiguration
        {
            // Commands take signals themselves: a cell or a training that is stopped may need longer than the parser
            // would wait.
            ProcessTerminationTimeout = null,
        }
    );
