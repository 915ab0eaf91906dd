/**
 * Tags a test can carry (`test("…", { tags: ["slow"] }, …)`), for `npm test -- --tags "slow"` and `--tags "!slow"`.
 * A tag that is not listed here is an error, so that a misspelt one does not go unnoticed.
 */
export const TEST_TAGS = [
  { name: "slow", description: "takes more than ten seconds", timeout: limitOf(180) },
  { name: "load", description: "sends votes at a rate", timeout: limitOf(300) },
  { name: "faults", description: "kills, stops or empties a service; starts its own stack", timeout: limitOf(240) },
  { name: "hostile", description: "sends a great number of wrong inputs", timeout: limitOf(240) },
  { name: "localstack", description: "runs only against LocalStack" },
  { name: "browser", description: "needs a browser", timeout: limitOf(120) },
];

/**
 * A test's time limit, unless the person who runs the tests has set one for all tests.
 * @param seconds the limit when nothing was set
 * @returns milliseconds
 */
export function limitOf(seconds: number): number {
  const override = Number(process.env.REFERENDUM_TEST_TIMEOUT);
  return override > 0 ? override : seconds * 1000;
}
