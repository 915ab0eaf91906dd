import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { join, resolve } from "node:path";
import { UserError } from "../../terminal/errors.ts";
import { GeneratorSecond } from "../report/model.ts";
import type { LoadScenario } from "./scenarios.ts";

const ROOT = resolve(import.meta.dirname, "../..");

export interface DriveOptions {
  readonly scenario: LoadScenario;
  readonly url: string;
  readonly lawId: string;
  readonly votersFile: string;
  /** The voters' sealed ballots; absent: they send their choices. */
  readonly envelopesFile?: string | undefined;
  /** Voters at the beginning of the file that the warm-up has used. */
  readonly skip: number;
  readonly mix: string;
  readonly shard: string;
  /** How often a vote that was not confirmed is sent again. */
  readonly retries: number;
  /** The file for request ids of accepted votes, one per line. */
  readonly acceptedFile: string;
  readonly statsFile: string;
}

/** Artillery at work, in a separate process. */
export class Drive {
  readonly timeline: GeneratorSecond[] = [];
  readonly #child: ChildProcess;
  readonly #statsFile: string;
  readonly #ended: Promise<void>;
  #said = "";
  #read = 0;
  #rest = "";

  /** Starts it. @param options what to drive and with whom */
  constructor(options: DriveOptions) {
    const { scenario } = options;
    const args = ["run", join(ROOT, scenario.file), "--target", options.url];
    if (!scenario.ownPhases) {
      const phases = [{ duration: scenario.seconds, arrivalCount: scenario.votes }];
      args.push("--overrides", JSON.stringify({ config: { phases } }));
    }
    this.#statsFile = options.statsFile;
    // Room for the garbage of each request: pauses of the generator would be measured as the system's latency.
    const program = ["--max-semi-space-size=64", join(ROOT, "node_modules/artillery/bin/run")];
    this.#child = spawn(process.execPath, [...program, ...args], {
      cwd: ROOT,
      env: {
        ...process.env,
        ARTILLERY_DISABLE_TELEMETRY: "true",
        LOAD_TARGET: options.url,
        LOAD_LAW: options.lawId,
        LOAD_VOTERS: options.votersFile,
        LOAD_ENVELOPES: options.envelopesFile ?? "",
        LOAD_SKIP: String(options.skip),
        LOAD_MIX: options.mix,
        LOAD_SHARD: options.shard,
        LOAD_RETRIES: String(options.retries),
        LOAD_STATS: options.statsFile,
        LOAD_ACCEPTED: options.acceptedFile,
      },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#said = `${this.#said}${text}`.slice(-3_000);
      });
    }
    this.#ended = this.#watch();
    // The caller gets the failure from `done`. Until it waits for that, the failure must not end the process.
    this.#ended.catch(() => undefined);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when Artillery has ended. @throws UserError with its last words when it failed */
  done(): Promise<void> {
    return this.#ended;
  }

  /** Ends it at once. */
  stop(): void {
    this.#child.kill("SIGKILL");
  }

  /** Reads the seconds that are complete by now. */
  update(): void {
    if (!existsSync(this.#statsFile)) return;
    const file = openSync(this.#statsFile, "r");
    try {
      const chunk = Buffer.alloc(1 << 20);
      for (let size = readSync(file, chunk, 0, chunk.length, this.#read); size > 0; ) {
        this.#read += size;
        this.#take(chunk.toString("utf8", 0, size));
        size = readSync(file, chunk, 0, chunk.length, this.#read);
      }
    } finally {
      closeSync(file);
    }
  }

  #take(text: string): void {
    const lines = `${this.#rest}${text}`.split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const second = GeneratorSecond.parse(JSON.parse(line));
      if (second.sent > 0 || second.lastAt > 0 || this.timeline.length > 0) this.timeline.push(second);
    }
  }

  async #watch(): Promise<void> {
    const [code, signal] = await once(this.#child, "exit");
    this.update();
    if (code !== 0 && signal === null) {
      throw new UserError(`Artillery ended with code ${code}. Its last words:\n${this.#said.trim()}`);
    }
    if (this.timeline.length === 0)
      throw new UserError(`Artillery sent nothing. Its last words:\n${this.#said.trim()}`);
  }
}
