import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const START_TIMEOUT_MS = 30_000;
const ANSWER_TIMEOUT_MS = 30_000;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

/** A headless Chromium, controlled through the Chrome DevTools Protocol. It ends with this process at the latest. */
export class Chromium {
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (message: Message) => void>();
  readonly #listeners = new Map<string, (message: Message) => void>();
  #next = 1;

  private constructor(child: ChildProcess, profile: string, socket: WebSocket) {
    this.#process = child;
    this.#profile = profile;
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#hear(JSON.parse(String(data))));
  }

  /**
   * Starts it with a new profile.
   *
   * @param path the program
   */
  static async start(path: string): Promise<Chromium> {
    const profile = mkdtempSync(join(tmpdir(), `referendum-chromium-${process.pid}-`));
    // Root has no sandbox, and a container's /dev/shm is small.
    const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
    const args = [...flags, "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"];
    const child = spawn(path, args, { stdio: "ignore" });
    process.once("exit", () => child.kill("SIGKILL"));
    try {
      const socket = new WebSocket(await debuggerUrl(profile, child));
      await new Promise((resolve, reject) => {
        socket.addEventListener("open", resolve);
        socket.addEventListener("error", () => reject(new Error("Chromium does not answer its debugger")));
      });
      return new Chromium(child, profile, socket);
    } catch (error) {
      child.kill("SIGKILL");
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
      throw error;
    }
  }

  /** Opens an empty page that is as wide and high as this, in CSS pixels. */
  async open(width: number, height: number): Promise<Page> {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, String(sessionId));
    this.#listeners.set(String(sessionId), (message) => page.hear(message.method ?? "", message.params ?? {}));
    for (const domain of ["Page", "Runtime", "Network", "Log"]) await page.send(`${domain}.enable`);
    await page.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 });
    return page;
  }

  send(method: string, params: object = {}, sessionId?: string): Promise<Readonly<Record<string, unknown>>> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Chromium did not answer ${method}`)), ANSWER_TIMEOUT_MS);
      this.#answers.set(id, ({ result, error }) => {
        clearTimeout(timer);
        if (error !== undefined) reject(new Error(`${method}: ${error.message}`));
        else resolve(result ?? {});
      });
      this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    });
  }

  async stop(): Promise<void> {
    this.#socket.close();
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const gone = new Promise((resolve) => this.#process.once("exit", resolve));
      this.#process.kill("SIGKILL");
      await gone;
    }
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #hear(message: Message): void {
    if (message.id !== undefined) {
      this.#answers.get(message.id)?.(message);
      this.#answers.delete(message.id);
    } else this.#listeners.get(message.sessionId ?? "")?.(message);
  }
}

/** Chromium writes its port into its profile when it listens. */
async function debuggerUrl(profile: string, child: ChildProcess): Promise<string> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  const file = join(profile, "DevToolsActivePort");
  for (;;) {
    const [port, path] = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
    if (port !== undefined && path !== undefined) return `ws://127.0.0.1:${port}${path}`;
    if (child.exitCode !== null) throw new Error(`Chromium ended with ${child.exitCode} as it started`);
    if (Date.now() > deadline) throw new Error("Chromium did not start");
    await pause(50);
  }
}

/** A page, with all its errors and all addresses that it requested. */
export class Page {
  readonly problems: string[] = [];
  readonly requested: string[] = [];
  readonly #chromium: Chromium;
  readonly #session: string;
  #loaded: () => void = () => undefined;

  constructor(chromium: Chromium, session: string) {
    this.#chromium = chromium;
    this.#session = session;
  }

  send(method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> {
    return this.#chromium.send(method, params, this.#session);
  }

  /** Goes to an address and waits until it is loaded. */
  async visit(url: string): Promise<void> {
    const loaded = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${url} did not load`)), ANSWER_TIMEOUT_MS);
      this.#loaded = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    await this.send("Page.navigate", { url });
    await loaded;
  }

  /** Waits for the next time that the page is loaded, by itself for example. */
  nextLoad(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the page did not load again")), ANSWER_TIMEOUT_MS);
      this.#loaded = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** The value of an expression in the page, as JSON. */
  async evaluate(expression: string): Promise<unknown> {
    const answer = await this.send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    if (answer["exceptionDetails"] !== undefined) throw new Error(JSON.stringify(answer["exceptionDetails"]));
    const { value } = answer["result"] as { readonly value?: unknown };
    return value;
  }

  /** A picture of the whole page, PNG. */
  async screenshot(): Promise<Buffer> {
    const { data } = await this.send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true });
    return Buffer.from(String(data), "base64");
  }

  /** An event of the page's. */
  hear(method: string, params: Readonly<Record<string, unknown>>): void {
    if (method === "Page.loadEventFired") this.#loaded();
    else if (method === "Network.requestWillBeSent") {
      this.requested.push((params["request"] as { readonly url: string }).url);
    } else if (method === "Runtime.exceptionThrown" || method === "Network.loadingFailed") {
      this.problems.push(`${method}: ${JSON.stringify(params)}`);
    } else if (method === "Log.entryAdded" || method === "Runtime.consoleAPICalled") {
      const { level, type } = { ...params, ...(params["entry"] as object) } as { level?: string; type?: string };
      if (level === "error" || level === "warning" || type === "error" || type === "warning") {
        this.problems.push(`${method}: ${JSON.stringify(params)}`);
      }
    }
  }
}
