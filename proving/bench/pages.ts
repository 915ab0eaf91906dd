import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { chromium } from "playwright-core";
import { findChromium } from "../../machine/browser.ts";
import { freePort } from "../../machine/ports.ts";
import { addLaw } from "../../operations/laws/add.ts";
import { credentialLines } from "../../operations/roll/credentials.ts";
import { loadRoll } from "../../operations/roll/load-file.ts";
import { sealRoll } from "../../operations/roll/steps/seal-roll.ts";
import { stepPorts } from "../../operations/roll/steps/step-ports.ts";
import type { Target } from "../../places/target.ts";
import { type Measurement, median } from "./measure.ts";

/** A slow phone on a slow network, as Lighthouse simulates it: 1.6 Mbit/s, 150 ms, a CPU four times slower. */
const NETWORK = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 93_750 };
const SLOWER = 4;
const LIMIT_MS = 2_000;
const VISIT_DEADLINE_MS = 30_000;
const LAW = "BENCH-PAGES";
/** What CloudFront compresses of the pages. */
const COMPRESSED = /^(?:text\/|application\/(?:json|javascript)|image\/svg)/;

/**
 * Measures how soon a voter can type on the voting page: from the beginning of a visit with an empty cache until the
 * first field takes text, on a simulated slow phone. The files come compressed by gzip.
 *
 * @param target the stack
 * @param url the address of its pages
 * @param rounds how many visits
 * @returns the measurement, or undefined where there is no Chromium
 */
export async function measurePages(target: Target, url: string, rounds: number): Promise<Measurement | undefined> {
  const executablePath = findChromium();
  if (executablePath === undefined) return undefined;
  await addLaw(target, { lawId: LAW, title: "A law" });
  const { voters } = await loadRoll(target, { laws: [LAW], source: Readable.from(credentialLines(1)) });
  await sealRoll(target, stepPorts(target), LAW, voters);
  const port = await freePort();
  const proxy = createServer((from, to) => forward(new URL(url), from, to)).listen(port, "127.0.0.1");
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const visitsMs: number[] = [];
    for (let visit = 0; visit < rounds; visit += 1) {
      const context = await browser.newContext({ locale: "en-CA", viewport: { width: 360, height: 740 } });
      const page = await context.newPage();
      const session = await context.newCDPSession(page);
      await session.send("Network.emulateNetworkConditions", NETWORK);
      await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
      const startedMs = performance.now();
      await page.goto(`http://127.0.0.1:${port}/vote.html?law=${LAW}`, { waitUntil: "commit" });
      await page.getByRole("textbox").first().fill("1", { timeout: VISIT_DEADLINE_MS });
      visitsMs.push(performance.now() - startedMs);
      await context.close();
    }
    const measured = median(visitsMs);
    return {
      name: "voting page on a slow phone",
      unit: "visits",
      count: 1,
      rounds,
      perSecond: 1_000 / measured,
      spread: (Math.max(...visitsMs) - Math.min(...visitsMs)) / measured,
      cpuMs: 0,
      more: {
        "ms until the first field takes text": measured,
        shortest: Math.min(...visitsMs),
        longest: Math.max(...visitsMs),
      },
      conditions: [{ what: `usable within ${LIMIT_MS} ms`, measured, holds: measured <= LIMIT_MS }],
    };
  } finally {
    await browser.close();
    proxy.close();
    proxy.closeAllConnections();
  }
}

/** Passes a request on to the stack, and compresses the answer. */
function forward({ hostname, port }: URL, from: IncomingMessage, to: ServerResponse): void {
  const { method, url, headers } = from;
  const onward = request({ hostname, port, method, path: url, headers }, (answer) => {
    const compress = COMPRESSED.test(answer.headers["content-type"] ?? "");
    const { "content-length": length, ...rest } = answer.headers;
    const encoding = compress ? { "content-encoding": "gzip" } : { "content-length": length };
    to.writeHead(answer.statusCode ?? 502, { ...rest, ...encoding });
    if (compress) answer.pipe(createGzip()).pipe(to);
    else answer.pipe(to);
  });
  onward.on("error", () => to.destroy());
  from.pipe(onward);
}
