/**
 * Runs something in which the time of day is another one: `new Date()` and `Date.now()` say it.
 *
 * @param now milliseconds since the epoch
 * @param body what to run; meanwhile, nothing else of this process may need the time of day
 */
export async function withWallClock<T>(now: () => number, body: () => Promise<T>): Promise<T> {
  const RealDate = globalThis.Date;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
    get: (target, property) => (property === "now" ? now : Reflect.get(target, property)),
  });
  try {
    return await body();
  } finally {
    globalThis.Date = RealDate;
  }
}
