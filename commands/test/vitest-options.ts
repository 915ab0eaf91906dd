import { UserError } from "../../terminal/errors.ts";

/**
 * Refuses options that neither `npm test` nor Vitest knows. Vitest would notice them too, but with a stack trace, and
 * only after types, style and LocalStack. Its own parser is asked, so that each of its options can be handed on.
 *
 * @param passedOn arguments for Vitest: files, parts of their paths, and options that `npm test` does not know
 * @throws UserError with exit code 2 that names the option
 */
export async function refuseUnknownOptions(passedOn: readonly string[]): Promise<void> {
  // Loading Vitest takes half a second, which a run without such options need not wait for.
  if (!passedOn.some((argument) => argument.startsWith("-"))) return;
  const { createCLI } = await import("vitest/node");
  const vitest = createCLI();
  try {
    vitest.parse([process.execPath, "vitest", "run", ...passedOn], { run: false });
    vitest.matchedCommand?.checkUnknownOptions();
    vitest.matchedCommand?.checkOptionValue();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `Neither npm test nor Vitest can use this command line: ${reason}. npm test -- --help lists the options of npm ` +
        "test, and npx vitest run --help those of Vitest.",
      2,
    );
  }
}
