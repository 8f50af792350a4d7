// Sets the mathematics and draws the charts of a page. Where scripts are off, the page shows TeX and the charts' images.
(() => {
  'use strict';

  for (const element of document.querySelectorAll('.math')) {
    const tex = element.textContent.trim().replace(/^\\[([]|\\[)\]]$/g, '');
    katex.render(tex, element, { displayMode: element.tagName === 'DIV', throwOnError: false });
  }

  const dark = matchMedia('(prefers-color-scheme: dark)');

  // The figure's layout fitted to the page: as wide as its place, with the legend above where that is narrow, and in the
  // page's colours where those are dark.
  function fitted(layout, narrow) {
    const fit = { ...layout, autosize: true };
    delete fit.width;
    if (narrow) {
      fit.legend = { ...fit.legend, orientation: 'h', x: 0, xanchor: 'left', y: 1, yanchor: 'bottom' };
      fit.margin = { ...fit.margin, l: 50, r: 10 };
    }
    if (!dark.matches) return fit;
    const style = getComputedStyle(document.documentElement);
    const text = style.getPropertyValue('--text').trim();
    const line = style.getPropertyValue('--line').trim();
    fit.paper_bgcolor = fit.plot_bgcolor = 'rgba(0,0,0,0)';
    fit.font = { ...fit.font, color: text };
    for (const name of new Set([...Object.keys(fit).filter(key => /^[xy]axis\d*$/.test(key)), 'xaxis', 'yaxis'])) {
      fit[name] = { ...fit[name], color: text, gridcolor: line, zerolinecolor: line, linecolor: line };
    }
    return fit;
  }

  function draw(figure) {
    const { data = [], layout = {}, config = {} } = JSON.parse(figure.querySelector('script').textContent);
    const chart = figure.appendChild(document.createElement('div'));
    if (layout.width) chart.style.maxWidth = `${layout.width}px`;
    // Where nothing can hover, the tool bar would lie over the chart for good.
    const tools = { responsive: true, displaylogo: false, displayModeBar: matchMedia('(hover: hover)').matches && 'hover' };
    const react = () =>
      Plotly.react(chart, data, fitted(layout, chart.clientWidth < 480), { ...config, ...tools });
    // The image stays until the chart is there, and for good when it cannot be drawn.
    react().then(() => {
      figure.querySelector('img')?.remove();
      dark.addEventListener('change', react);
    }, () => chart.remove());
  }

  const visible = new IntersectionObserver(entries => {
    for (const entry of entries.filter(entry => entry.isIntersecting)) {
      visible.unobserve(entry.target);
      draw(entry.target);
    }
  }, { rootMargin: '600px' });
  document.querySelectorAll('figure.plotly').forEach(figure => visible.observe(figure));
})();
