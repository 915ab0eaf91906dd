import type { Settings } from "../../infra/stages.ts";
import type { FoundOperators } from "../../places/find-operators.ts";
import { UserError } from "../../terminal/errors.ts";

const ANSWER_WITHIN_MS = 10_000;

/**
 * The address of the voters' pages that letters lead to. It must answer with the voting page, because thousands of
 * letters with a wrong one cannot be called back.
 *
 * @param stage the stage
 * @param settings of the stage
 * @param named the address that somebody has named
 * @returns the address with a slash at its end
 * @throws UserError when it is not known, or does not answer with the page
 */
export async function votersPages(
  { stage, apiUrl }: Pick<FoundOperators, "stage" | "apiUrl">,
  settings: Settings,
  named: string | undefined,
): Promise<string> {
  const address = withSlash(named ?? addressOf(stage, apiUrl, settings));
  if (settings.aws !== undefined && !address.startsWith("https:")) {
    throw new UserError(`${address} has no https: whoever is between a voter and the page could change it.`, 2);
  }
  const page = new URL("vote.html", address);
  let why: string;
  try {
    const answer = await fetch(page, { redirect: "manual", signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const isPage = answer.status === 200 && (answer.headers.get("content-type") ?? "").startsWith("text/html");
    await answer.body?.cancel();
    if (isPage) return address;
    why = `it answers with status ${answer.status}`;
  } catch (error) {
    why = error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);
  }
  throw new UserError(
    `${page.href} is not the voting page (${why}), so no letter can lead there. Deploy the pages, or name their ` +
      "address by --pages.",
  );
}

function addressOf(stage: string, apiUrl: string, { aws }: Settings): string {
  if (aws === undefined) return apiUrl;
  const { enabled, domain } = aws.pages;
  if (enabled && domain !== undefined) return `https://${domain.name}/`;
  const where = enabled ? `the output PagesUrl of the stack Referendum-${stage}-Pages` : "where you serve them";
  throw new UserError(
    `The voters' pages of the stage ${stage} have no name of their own (setting aws.pages.domain): give their address ` +
      `by --pages, ${where}. Letters last longer than an address of CloudFront: a name of your own is better.`,
    2,
  );
}

function withSlash(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new UserError(`--pages must be an address such as https://vote.example.org/, not ${text}.`, 2);
  }
  if (!/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
    throw new UserError(`--pages must be an address such as https://vote.example.org/, not ${text}.`, 2);
  }
  return url.pathname.endsWith("/") ? url.href : `${url.href}/`;
}
