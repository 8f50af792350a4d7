"""What cells of the library show in .NET Interactive, and how they are stopped, over its standard streams."""

import base64
import shutil
import time
import unittest

from notebooks import FOLDER
from stdio import Interactive

HTML, PNG, TEXT = "text/html", "image/png", "text/plain"

SETUP = """
#r "../lib/IResNet.Workbook/bin/Release/net10.0/IResNet.Notebooks.dll"
using System.Threading;
using IResNet;
using IResNet.Notebooks;
using TorchSharp;

Cell.Begin();
"""


class StdioTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kernel = cls.enterClassContext(Interactive(str(FOLDER)))
        cls.setup = cls.kernel.run(SETUP)

    def run_cell(self, code, **options):
        return self.kernel.run(code, **options)

    def result(self, code):
        answer = self.run_cell(code)
        self.assertIsNone(answer.failure)
        return answer.result

    def test_the_first_cell_brings_plotly_and_loads_nothing(self):
        self.assertIsNone(self.setup.failure)
        script = self.setup.shown[0][HTML]
        self.assertIn("DecompressionStream", script)
        self.assertNotIn("http", script)

    def test_a_chart_is_a_picture_that_a_script_upgrades(self):
        shown = self.result('Charts.Lines(("loss", [0, 1, 2], new[] { 3.0, 2, 1 }))')
        self.assertEqual({HTML, PNG, TEXT}, shown.keys())
        self.assertIn(f'<img src="data:image/png;base64,{shown[PNG]}"', shown[HTML])
        self.assertIn("newPlot", shown[HTML])
        self.assertEqual("chart: loss", shown[TEXT])

    def test_a_text_in_a_chart_cannot_end_its_script(self):
        shown = self.result('Charts.Lines([0, 1], [1, 2]).WithTitle("</script><script>alert(1)//")')
        self.assertEqual(1, shown[HTML].count("</script>"))

    def test_a_slider_is_a_chart(self):
        shown = self.result(
            'Charts.Slider("block", 0, ("1", Charts.Lines([0, 1], [1, 2])), ("2", Charts.Lines([0, 1], [2, 3])))')
        self.assertEqual({HTML, PNG, TEXT}, shown.keys())

    def test_images_are_a_picture(self):
        shown = self.result('Charts.Images((0, 1), ("x", torch.rand(4, 3, 8, 8)))')
        self.assertEqual({PNG, TEXT}, shown.keys())

    def test_tensors_and_modules_are_text(self):
        self.assertEqual({TEXT: "float32 [2] on cpu\nmin 1, mean 1, max 1\n[1, 1]"}, self.result("torch.ones(2)"))
        self.assertEqual(
            {TEXT: "Linear: 9 parameters in 2 tensors, float32 on cpu, training"}, self.result("torch.nn.Linear(2, 3)"))

    def test_records_are_a_table(self):
        shown = self.result('new[] { new { A = 1.5, B = "x" }, new { A = 2.0, B = "<y>" } }.ToList()')
        self.assertEqual("<table><thead><tr><th>A</th><th>B</th></tr></thead><tbody>"
                         "<tr><td>1.5</td><td>x</td></tr><tr><td>2</td><td>&lt;y&gt;</td></tr></tbody></table>",
                         shown[HTML])
        self.assertEqual("A    B\n1.5  x\n2    <y>", shown[TEXT])

    def test_other_sequences_are_as_the_kernel_has_them(self):
        self.assertIn("[ 1, 2, 3 ]", self.result("new[] { 1, 2, 3 }")[HTML])
        self.assertEqual({TEXT: "a string"}, self.result('"a string"'))

    def test_the_readers_own_plotly_chart_is_drawn_from_what_lies_here(self):
        answer = self.run_cell("""
            #r "../lib/IResNet.Workbook/bin/Release/net10.0/Plotly.NET.dll"
            #r "../lib/IResNet.Workbook/bin/Release/net10.0/Plotly.NET.CSharp.dll"
            Plotly.NET.CSharp.Chart.Line<double, double, string>(new[] { 1.0, 2 }, new[] { 3.0, 4 })
            """)
        self.assertIsNone(answer.failure)
        self.assertIn("newPlot", answer.result[HTML])
        self.assertNotIn("http", answer.result[HTML])
        if shutil.which("chromium"):
            self.assertEqual(b"\x89PNG", base64.b64decode(answer.result[PNG])[:4])

    def test_a_live_chart_is_one_display_and_complete_when_the_cell_ends(self):
        answer = self.run_cell(
            'var live = Charts.Live("loss"); '
            "for (int i = 0; i < 400; i++) { live.Add(i, 1.0 / (i + 1)); await Task.Delay(5); }")
        self.assertIsNone(answer.failure)
        shown, updates = answer.of("DisplayedValueProduced"), answer.of("DisplayedValueUpdated")
        self.assertEqual(1, len(shown))
        self.assertGreaterEqual(len(updates), 2)
        self.assertEqual({shown[0]["valueId"]}, {update["valueId"] for update in updates})
        self.assertIn(
            "399", answer.values("DisplayedValueUpdated")[-1][HTML].split('"x":[')[1].split("]")[0].split(","))

    def test_what_is_shown_is_replaced_from_a_later_cell(self):
        shown = self.run_cell('var update = Cell.Show("before");').of("DisplayedValueProduced")[0]
        later = self.run_cell('update("after");').of("DisplayedValueUpdated")[0]
        self.assertEqual(shown["valueId"], later["valueId"])
        self.assertEqual("after", later["formattedValues"][0]["value"])

    def test_what_is_shown_is_taken_away(self):
        answer = self.run_cell('Cell.Show("one"); display("two"); Cell.Clear(); display("three");')
        ids = [shown["valueId"] for shown in answer.of("DisplayedValueProduced")]
        self.assertEqual(ids[:2], [update["valueId"] for update in answer.of("DisplayedValueUpdated")])
        self.assertEqual([{TEXT: ""}] * 2, answer.values("DisplayedValueUpdated"))

    def test_where_nobody_can_answer_there_is_no_answer(self):
        answer = self.run_cell('Console.Write(await Cell.Ask("name?") ?? "nobody");')
        self.assertIsNone(answer.failure)
        self.assertEqual("nobody", answer.printed)

    def test_numbers_are_written_with_a_point(self):
        answer = self.run_cell(
            'Console.Write($"{1.5:F2} {System.Globalization.CultureInfo.CurrentCulture.Name.Length}");')
        self.assertEqual("1.50 0", answer.printed)

    def test_a_cell_that_takes_the_token_is_stopped_and_keeps_its_state(self):
        answer = self.run_cell("""
            var steps = 0;
            Console.WriteLine("running");
            while (true) { steps++; await Task.Delay(5); Cell.CancellationToken.ThrowIfCancellationRequested(); }
            """, cancel=True)
        self.assertIsNotNone(answer.failure)
        running = next(time for time, event in answer.events if event["eventType"] == "StandardOutputValueProduced")
        self.assertLess(answer.events[-1][0] - running, 1)
        # The answer comes before the cell has ended, which takes a step of it; only then are its variables there.
        end = time.monotonic() + 5
        while self.run_cell("steps").failure and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual("true", self.result("(steps > 0).ToString().ToLower()")[TEXT])


if __name__ == "__main__":
    unittest.main()
