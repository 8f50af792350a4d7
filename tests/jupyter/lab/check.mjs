// node check.mjs SERVER NOTEBOOK KERNEL SCREENSHOTS: opens the notebook of test_lab.py in JupyterLab's panel, and looks
// at what a reader would see.
import { chromium } from 'playwright-core';

const [server, notebook, kernel, screenshots] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
  ],
});
let failed = 0;

function expect(holds, what) {
  console.log(`${holds ? 'ok' : 'FAIL'} ${kernel}: ${what}`);
  if (!holds) failed++;
}

async function ready(page, address) {
  // .NET Interactive's kernel has been seen not to answer after its start, once in some ten runs beside other work.
  for (let left = kernel === 'dotnet-interactive' ? 2 : 1; left > 0; left--) {
    await page.goto(address);
    try {
      await page.waitForFunction(
        () => ['ready', 'failed'].includes(document.title), null, { polling: 100, timeout: 30_000 });
      break;
    } catch (error) {
      console.log(`late: the notebook does not open: it ${await page.title()}`);
      if (left === 1) throw error;
      await endSessions();
    }
  }
  if (await page.title() !== 'ready') throw new Error(await page.innerText('body'));
}

// What a reader does with a kernel that does not answer: ends it, and opens the notebook again.
async function endSessions() {
  for (const { id } of await (await fetch(`${server}/api/sessions`)).json())
    await fetch(`${server}/api/sessions/${id}`, { method: 'DELETE' });
}

async function open(options = '') {
  const page = await browser.newPage({ viewport: { width: 1000, height: 1500 } });
  // .NET Interactive's own start asks for require.js, whatever a notebook does.
  const foreign = [],
    expected = kernel === 'dotnet-interactive' ? /^(data|blob):|\/require\.min\.js$/ : /^(data|blob):/;
  page.on('request', request => {
    if (!expected.test(request.url()) && !request.url().startsWith(server)) foreign.push(request.url());
  });
  page.on('pageerror', error => console.log(`page: ${String(error).slice(0, 200)}`));
  await ready(page, `${server}/static/index.html?path=${notebook}&kernel=${kernel}${options}`);
  const run = index => page.evaluate(index => window.lab.run(index), index);
  const cells = () => page.evaluate(() => window.lab.cells());
  const text = async index => (await cells())[index].outputs
    .flatMap(output => output.text ?? output.data?.['text/plain'] ?? output.evalue ?? [])
    .join('');
  const count = (index, selector) => page.evaluate(
    ([index, selector]) => window.lab.node(index).querySelectorAll(selector).length, [index, selector]);
  const shot = name => page.screenshot({ path: `${screenshots}/${kernel}-${name}.png` });
  return { page, foreign, run, cells, text, count, shot };
}

try {
  // The cells by their ids: where they stand.
  const { page, foreign, run, cells, text, count, shot } = await open();
  const at = Object.fromEntries((await cells()).map((cell, index) => [cell.id, index]));

  await page.locator('mjx-container').nth(1).waitFor({ timeout: 20_000 }).catch(() => {});
  expect(await page.locator('mjx-container').count() === 2, 'mathematics is typeset');
  expect(await count(at.setup, '.cm-content span') > 5, 'C# is highlighted');
  expect(await run(at.setup), `the first cell runs: ${await text(at.setup)}`);
  expect(await run(at.table) && await count(at.table, '.jp-OutputArea table tbody tr') === 2, 'records are a table');
  expect(await run(at.images) && await count(at.images, '.jp-OutputArea img') === 1, 'images are a picture');

  await run(at.chart);
  await page.waitForTimeout(1500);
  const upgraded = await count(at.chart, '.js-plotly-plot');
  expect(
    await count(at.chart, '.jp-OutputArea img') + upgraded === 1,
    `a chart is ${upgraded ? 'interactive' : 'a picture'}`);
  if (kernel === 'dotnet-interactive') expect(upgraded === 1, 'the script has turned the picture into the chart');
  await shot('outputs');

  const live = run(at.live);
  const seen = new Set();
  for (let i = 0; i < 12; i++) {
    await page.waitForTimeout(500);
    const output = JSON.stringify((await cells())[at.live].outputs.map(output => output.data?.['image/png']));
    if (output !== '[]') seen.add(output);
    if (i === 4) await shot('live');
  }
  expect(await live && seen.size >= 4, `a live curve is seen to grow: ${seen.size} pictures`);
  expect((await cells())[at.live].outputs.filter(output => output.data).length === 1, 'and is one output');

  const long = run(at.long);
  await page.waitForTimeout(1500);
  const clock = Date.now();
  await page.evaluate(() => window.lab.interrupt());
  const ran = await Promise.race([long, page.waitForTimeout(20_000).then(() => 'runs on')]);
  expect(ran === false && Date.now() - clock < 3000, `the interrupt stops a cell: ${Date.now() - clock} ms`);
  expect((await cells())[at.long].outputs.some(output => output.output_type === 'error'), 'and its error is shown');
  await shot('interrupt');
  expect(await run(at.kept) && await text(at.kept) === '7', 'variables are kept');

  await page.evaluate(() => window.lab.restart());
  expect(await run(at.kept) === false, 'after a restart they are gone');
  expect(await run(at.setup) && await run(at.chart), 'and the notebook runs again');
  expect(foreign.length === 0, `nothing comes from elsewhere: ${foreign.join(' ')}`);
  await page.evaluate(() => window.lab.shutdown());
  await page.close();

  // With the extension for Plotly's type.
  const extended = await open('&plotly=1');
  await extended.run(at.setup);
  await extended.run(at.chart);
  // The extension shows the picture, if there is one, until the mouse comes.
  await extended.page.locator('.jp-OutputArea-output:has(img)').last().hover({ timeout: 3000 }).catch(() => {});
  await extended.page.waitForTimeout(2500);
  expect(await extended.count(at.chart, '.js-plotly-plot') === 1, 'with jupyterlab-plotly a chart is interactive');
  await extended.shot('extension');
  await extended.page.evaluate(() => window.lab.shutdown());
} catch (error) {
  expect(false, error.stack);
} finally {
  await browser.close();
}
process.exit(failed === 0 ? 0 : 1);
