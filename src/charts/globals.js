// The few globals of a browser that Vega expects. There is no clock to wait for: a timer is due as soon as nothing else is left
// to do, in the order of its delay. Nothing here reaches the network or a file.
(() => {
  // Their code is not part of the interpreter that we build (cmake/charts.cmake).
  delete Array.fromAsync;
  delete Iterator.zip;
  delete Iterator.zipKeyed;

  let timers = [];
  let lastTimer = 0;
  const start = (callback, delay, args) => {
    const timer = {id: ++lastTimer, due: +delay || 0, run: () => callback(...args)};
    const at = timers.findIndex((other) => other.due > timer.due);
    timers.splice(at < 0 ? timers.length : at, 0, timer);
    return timer.id;
  };
  globalThis.setTimeout = (callback, delay, ...args) => start(callback, delay, args);
  globalThis.requestAnimationFrame = (callback) => start(callback, 0, [0]);
  globalThis.clearTimeout = (id) => { timers = timers.filter((timer) => timer.id !== id); };
  globalThis.cancelAnimationFrame = globalThis.clearTimeout;
  // Runs the timer that is due first; false when there is none. Called by the job loop in vega.cpp.
  globalThis.filrougeRunTimer = () => {
    const timer = timers.shift();
    if (timer) timer.run();
    return timer !== undefined;
  };

  const copy = (value) => {
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map(copy);
    if (value instanceof Date) return new Date(+value);
    if (value instanceof RegExp) return new RegExp(value.source, value.flags);
    if (value instanceof Set) return new Set([...value].map(copy));
    if (value instanceof Map) return new Map([...value].map(([key, item]) => [copy(key), copy(item)]));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item)]));
  };
  globalThis.structuredClone = copy;

  const silent = () => {};
  globalThis.console = {log: silent, info: silent, debug: silent, warn: silent, error: silent};
  globalThis.performance = {now: () => 0};
})();
