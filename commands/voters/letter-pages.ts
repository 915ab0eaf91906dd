import { z } from "zod";
import type { Settings } from "../../infra/stages.ts";
import type { FoundOperators } from "../../places/find-operators.ts";
import type { OperatorsLaw } from "../../shared/messages/operators/laws.ts";
import { UserError } from "../../terminal/errors.ts";

const ANSWER_WITHIN_MS = 10_000;
/** By this, the voting page says that it is one (web/vote.html). */
const PAGE_MARK = '<meta name="referendum-page" content="vote">';
const NO_SUCH_LAW = "urn:referendum:problem:no-such-law";

/** A law as its page reads it, as far as it tells which one it is. */
const PublishedLaw = z.looseObject({
  law_id: z.string(),
  title: z.looseObject({ fr: z.string(), en: z.string() }),
  rehearsal: z.boolean().default(false),
  origin: z.string().nullable().default(null),
});
const Problem = z.looseObject({ type: z.string() });

/**
 * The address of the voters' pages that letters lead to. It must answer with the voting page and, beside it, with this
 * law, because thousands of letters with a wrong one cannot be called back.
 *
 * @param stage the stage
 * @param settings of the stage
 * @param named the address that somebody has named
 * @param law the law of the letters; nobody can read a draft there
 * @returns the address with a slash at its end
 * @throws UserError when it is not known, or does not answer with both
 */
export async function votersPages(
  { stage, apiUrl }: Pick<FoundOperators, "stage" | "apiUrl">,
  settings: Settings,
  named: string | undefined,
  law: OperatorsLaw,
): Promise<string> {
  const address = withSlash(named ?? addressOf(stage, apiUrl, settings));
  if (settings.aws !== undefined && !address.startsWith("https:")) {
    throw new UserError(`${address} has no https: whoever is between a voter and the page could change it.`, 2);
  }
  const page = new URL("vote.html", address);
  const notThePage = await whyNot(page, whyNotThePage);
  if (notThePage !== undefined) {
    throw new UserError(
      `${page.href} is not the voting page (${notThePage}), so no letter can lead there. Deploy the pages, or name ` +
        "their address by --pages.",
    );
  }
  const api = new URL(`api/v1/laws/${law.law_id}`, address);
  const notTheLaw = await whyNot(api, (answer) => whyNotTheLaw(answer, law));
  if (notTheLaw === undefined) return address;
  throw new UserError(
    `The voting page at ${address} does not lead to ${law.law_id} of the stage ${stage} (${api.href}: ${notTheLaw}), so ` +
      "no letter can lead there. Name the address of this stage's pages by --pages.",
  );
}

/** Asks an address. Returns why its answer is not the one that was looked for; undefined when it is. */
async function whyNot(
  address: URL,
  judge: (answer: Response) => Promise<string | undefined>,
): Promise<string | undefined> {
  try {
    return await judge(await fetch(address, { redirect: "manual", signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }));
  } catch (error) {
    return error instanceof Error
      ? error.cause instanceof Error
        ? error.cause.message
        : error.message
      : String(error);
  }
}

async function whyNotThePage(answer: Response): Promise<string | undefined> {
  const text = await answer.text();
  if (answer.status !== 200) return `it answers with status ${answer.status}`;
  return text.includes(PAGE_MARK) ? undefined : "it answers with something else";
}

async function whyNotTheLaw(answer: Response, law: OperatorsLaw): Promise<string | undefined> {
  const text = await answer.text();
  const body = jsonOf(text);
  if (answer.status === 404 && Problem.safeParse(body).data?.type === NO_SUCH_LAW) {
    return law.state === "draft" ? undefined : "it has no such law";
  }
  if (answer.status !== 200) return `it answers with status ${answer.status}`;
  const { data: found } = PublishedLaw.safeParse(body);
  if (found === undefined) return "it does not answer as the API does";
  const isSame =
    found.law_id === law.law_id &&
    found.title.fr === law.title_fr &&
    found.title.en === law.title_en &&
    found.rehearsal === law.rehearsal &&
    found.origin === law.origin;
  return isSame ? undefined : `it has another law of this id, “${found.title.en}”`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
