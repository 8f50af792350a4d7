"""A notebook in .NET Interactive that references the package IResNet.Notebooks from a folder."""

import os

from stdio import Interactive

PACKAGES = f"""
#i "nuget: {os.environ['FEED']}"
#r "nuget: IResNet.Notebooks, {os.environ['VERSION']}"
"""
MENDED = """
typeof(torch).Assembly.GetCustomAttributes(false).OfType<System.Diagnostics.DebuggableAttribute>()
    .Single().IsJITOptimizerDisabled.ToString()
"""

with Interactive(os.getcwd()) as kernel:
    def run(code):
        answer = kernel.run(code, limit=180)
        assert answer.failure is None, answer.failure[:2000]
        return answer

    run(PACKAGES)
    # Torch before anything of ours: the package has loaded it already.
    assert "[2]" in run("using TorchSharp;\ntorch.ones(2).ToString()").result["text/plain"]
    assert run(MENDED).result["text/plain"] == "True"
    run("using IResNet;\nusing IResNet.Notebooks;\nCell.Begin();")
    chart = run('Charts.Lines(("loss", [0, 1, 2], new[] { 3.0, 2, 1 }))').result
    assert {"text/html", "image/png", "text/plain"} == chart.keys(), chart.keys()
    assert "newPlot" in chart["text/html"]
    assert "cpu" in run("Backends.Current.Name").result["text/plain"]
