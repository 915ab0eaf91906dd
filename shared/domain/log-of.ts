/**
 * Names the log of a function in a sentence of code that does not know where it runs.
 *
 * @param name the function's
 */
export function logOf(name: string): string {
  return `the log of the function ${name} (on a local stack: npm run logs -- ${name}; on AWS: docs/runbook.md, "Logs")`;
}
