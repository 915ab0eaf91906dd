import type { LocalDescription } from "../stack-description.ts";
import { usesProxy } from "../stack-environment.ts";
import { nextSampleVoter } from "./sample.ts";

/**
 * The text that `npm start` prints when votes can be cast.
 *
 * @param stack the running stack
 * @param seconds how long the start took
 * @param usersEnvironment the environment of the shell in which the printed commands will be typed
 */
export async function announce(
  stack: LocalDescription,
  seconds: number,
  usersEnvironment: Readonly<NodeJS.ProcessEnv>,
): Promise<string> {
  const curl = usesProxy(usersEnvironment) ? "curl -sS --noproxy 127.0.0.1" : "curl -sS";
  const voter = await nextSampleVoter(stack);
  const vote = voter && JSON.stringify({ ...voter, law_id: stack.law_id, vote: "oui" });
  const lines = [
    "",
    `The referendum system runs (${seconds.toFixed(1)} s).`,
    "",
    `  Voters' pages  ${stack.api_url}/`,
    `  API            ${stack.api_url}/api/v1`,
    ...(voter === undefined ? [] : [`  Credentials    ${stack.credentials_file} (sample voters of ${stack.law_id})`]),
    `  Data and logs  ${stack.data_dir}`,
    "",
    ...(vote === undefined
      ? []
      : [
          "Cast a vote (of a sample voter who has not voted yet):",
          `  ${curl} ${stack.api_url}/api/v1/vote -H 'content-type: application/json' -d '${vote}'`,
          "See its receipt, with the request_id of the answer instead of REQUEST_ID:",
          `  ${curl} ${stack.api_url}/api/v1/votes/REQUEST_ID`,
          "See the results (votes are counted within seconds):",
          `  ${curl} ${stack.api_url}/api/v1/results/${stack.law_id}`,
        ]),
    "What runs: npm run status    Logs: npm run logs -- --follow    Stop: Ctrl-C",
    "",
  ];
  return `${lines.join("\n")}\n`;
}
