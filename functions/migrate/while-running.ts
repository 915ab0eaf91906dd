/**
 * Does work and reports how long it has run, again and again until it ends. A time that is reported only at the end
 * warns nobody.
 *
 * @param everyMs between two reports, in milliseconds
 * @param tell told how many seconds the work has run
 * @param work what to do
 * @returns what the work gives
 */
export async function whileRunning<T>(
  everyMs: number,
  tell: (seconds: number) => void,
  work: () => Promise<T>,
): Promise<T> {
  const beganMs = Date.now();
  const timer = setInterval(() => tell(Math.round((Date.now() - beganMs) / 1000)), everyMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
