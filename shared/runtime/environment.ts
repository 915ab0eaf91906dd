/**
 * Reads a required environment variable.
 *
 * @param name the variable
 * @throws Error naming the variable when it is missing or empty
 */
export function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`the environment variable ${name} is not set`);
  return value;
}

/**
 * Reads a whole number from the environment.
 *
 * @param name the variable
 * @param fallback the value if the variable is not set
 * @throws Error when its value is not a whole number
 */
export function wholeNumber(name: string, fallback: number): number {
  const text = process.env[name];
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`the environment variable ${name} must be a whole number`);
  return value;
}
