// Draws a Vega-Lite specification. Defines filrougeDraw(text) -> promise of {svg, warnings, errors}; called by vega.cpp, which
// gives filrougeTextWidth(text, fontWeight, fontSize) -> pixels.
(() => {
  const refuse = (uri) => { throw new Error(`a chart may not load \`${uri}\``); };
  // Links and images inside the data are harmless as text; everything else that would be fetched is refused.
  const loader = {
    load: async (uri) => refuse(uri),
    http: async (uri) => refuse(uri),
    file: async (uri) => refuse(uri),
    sanitize: async (uri, options) => {
      const allowed = options?.context === 'href' ? /^(https?:|mailto:|#)/i : /^(data:image\/|#)/i;
      return allowed.test(uri) ? {href: uri} : refuse(uri);
    },
  };

  // Without a canvas Vega guesses 0.8 em per letter. The contract of this function: the width of the text cut to item.limit.
  vega.textMetrics.width = (item, text) => {
    const size = vega.textMetrics.height(item);
    if (size <= 0 || text == null) return 0;
    const width = filrougeTextWidth(String(text), String(item.fontWeight ?? 'normal'), size);
    return item.limit > 0 ? Math.min(width, item.limit) : width;
  };

  globalThis.filrougeDraw = async (text) => {
    const warnings = [];
    const errors = [];
    const words = (args) => args.map((arg) => (arg instanceof Error ? arg.message : String(arg))).join(' ');
    const logger = {
      level() { return this; },
      warn(...args) { warnings.push(words(args)); return this; },
      error(...args) { errors.push(words(args)); return this; },
      info() { return this; },
      debug() { return this; },
    };
    // Same specification, same bytes: nothing is left over from the chart before.
    vega.resetSVGDefIds();
    vega.setRandom(vega.randomLCG(1));
    const compiled = vegaLite.compile(JSON.parse(text), {logger});
    const view = new vega.View(vega.parse(compiled.spec), {renderer: 'none', loader, logger});
    await view.runAsync();
    const svg = await view.toSVG();
    view.finalize();
    return JSON.stringify({svg, warnings, errors});
  };
})();
