// Sets the mathematics and draws the charts of a page. Where scripts are off, the page shows TeX and the charts'
// images.
(() => {
  'use strict';

  for (const element of document.querySelectorAll('.math')) {
    const tex = element.textContent.trim().replace(/^\\[([]|\\[)\]]$/g, '');
    katex.render(tex, element, { displayMode: element.tagName === 'DIV', throwOnError: false });
  }

  const dark = matchMedia('(prefers-color-scheme: dark)');

  // Where a chart's place is narrow, the legend stands between title and plot.
  function narrowed(layout, data) {
    const names = data.filter(trace => trace.visible !== false && trace.showlegend !== false);
    const title = typeof layout.title === 'string' ? { text: layout.title } : layout.title;
    return {
      ...layout,
      title: { ...title, y: 1, yanchor: 'top', pad: { t: 16 } },
      legend: { ...layout.legend, orientation: 'h', x: 0, xanchor: 'left', y: 1, yanchor: 'bottom', bgcolor: '#0000' },
      margin: { ...layout.margin, l: 50, r: 10, t: 50 + 20 * names.length },
    };
  }

  // The figure's layout fitted to the page: as wide as its place, and in the page's colours where those are dark.
  function fitted(layout) {
    const fit = { ...layout, autosize: true };
    delete fit.width;
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
    const tools = {
      responsive: true,
      displaylogo: false,
      displayModeBar: matchMedia('(hover: hover)').matches && 'hover',
    };
    const react = () => {
      const fit = fitted(chart.clientWidth < 480 ? narrowed(layout, data) : layout);
      return Plotly.react(chart, data, fit, { ...config, ...tools });
    };
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
