/** Whether this page was loaded again. Where a browser does not say so, it is taken for another reader's visit. */
export function isReload(): boolean {
  return typeOfArrival() === "reload";
}

/**
 * Whether a reload, Back or Forward led to this page, as far as the browser says. A browser keeps the state of an entry
 * of the history also for a link or bookmark to the very address that is shown, so the state alone does not tell.
 */
export function isReturn(): boolean {
  const type = typeOfArrival();
  return type === undefined || type === "reload" || type === "back_forward";
}

function typeOfArrival(): string | undefined {
  const [entry] = performance.getEntriesByType("navigation");
  return entry instanceof PerformanceNavigationTiming ? entry.type : undefined;
}
