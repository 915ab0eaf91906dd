// Votes once and waits for the receipt: NAS=… CODE=… node vote.mjs oui|non
// API and LAW_ID name another stack or law than the sample of `npm start`.
import { castVote, NotConfirmed, NotDecided, Refused, waitForReceipt } from "@referendum/client";

const { API = "http://127.0.0.1:8000", LAW_ID = "L2025-001", NAS, CODE, KEY, SEED } = process.env;
const choice = process.argv[2];

if (NAS === undefined || CODE === undefined || (choice !== "oui" && choice !== "non")) {
  console.error("usage: NAS=… CODE=… node vote.mjs oui|non");
  process.exit(2);
}

try {
  const accepted = await castVote(
    API,
    { nas: NAS, code: CODE, law_id: LAW_ID, vote: choice },
    {
      // KEY continues a submission that an earlier run could not confirm; on a sealed law, with its SEED.
      ...(KEY === undefined ? {} : { resume: KEY }),
      ...(SEED === undefined ? {} : { seed: Buffer.from(SEED, "base64") }),
      onRetry: ({ waitMs }) => console.error(`Not confirmed yet; the next try is in ${Math.round(waitMs)} ms.`),
    },
  );
  const { status } = await waitForReceipt(accepted.receipt);
  console.log(status);
} catch (error) {
  if (error instanceof NotConfirmed) {
    console.error(error.message);
    const seed = error.seed === undefined ? "" : ` and SEED=${Buffer.from(error.seed).toString("base64")}`;
    console.error(`Repeat this command with KEY=${error.key}${seed}.`);
  } else if (error instanceof Refused || error instanceof NotDecided) console.error(error.message);
  else throw error;
  process.exitCode = 1;
}
