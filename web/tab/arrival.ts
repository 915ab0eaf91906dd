/** Whether this page was loaded again. Where a browser does not say so, it is taken for another reader's visit. */
export function isReload(): boolean {
  const [entry] = performance.getEntriesByType("navigation");
  return entry instanceof PerformanceNavigationTiming && entry.type === "reload";
}
