import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { handle, type OperatorEvent } from "../../../functions/door/handler.ts";
import { OPERATE_ACTS } from "../../../operations/door/operate-acts.ts";
import { ROLL_ACTS } from "../../../operations/door/roll-acts.ts";
import type { Servers } from "../../../operations/servers.ts";
import { apiEvent } from "../../../proving/api-event.ts";
import { claimedOperator } from "../../../shared/domain/operator.ts";
import { httpHandler } from "../../../shared/runtime/http.ts";
import { Keys } from "../../../shared/runtime/keys.ts";
import { aContext, KEY_SOURCE } from "../../support/factories.ts";
import { archiveOf } from "../../support/memory-objects.ts";
import { asFunction } from "./granted.ts";

const SEED = "a seed of messages that are set aside, in tests only";

/** The operators' API on real stores, at a free port. Callers claim their names. */
export interface OperatorsServer {
  readonly url: string;
  /** Whether acts that change an election need a second person. It may change while the server runs. */
  twoPeople: boolean;
  stop(): Promise<void>;
}

/**
 * Starts it.
 *
 * @param servers the stores
 */
export async function startOperatorsServer(servers: Servers): Promise<OperatorsServer> {
  const keys = Keys.fromSecrets({ setAside: JSON.stringify({ version: 1, seed: SEED }) });
  const services = {
    servers,
    twoPeople: false,
    proposalHours: 72,
    release: "test",
    outcomeKeys: KEY_SOURCE,
    setAsideKeys: async () => keys,
    archive: archiveOf(servers).archive,
    onWithoutJournal: () => undefined,
    identify: ({ headers }: OperatorEvent) => claimedOperator(headers?.["x-operator"]),
  };
  const answer = (acts: Parameters<typeof handle>[2]) =>
    httpHandler(
      async () => services,
      (event, given) => handle(event, given, acts),
    );
  const [operate, roll] = [answer(OPERATE_ACTS), answer(ROLL_ACTS)];
  const server = createServer(async (request, response) => {
    const path = request.url ?? "";
    const body: Buffer[] = [];
    for await (const chunk of request) body.push(chunk);
    const headers = { "x-operator": String(request.headers["x-operator"]) };
    const event = apiEvent({ path, headers, body: Buffer.concat(body).toString("utf8") });
    const result = await (path.startsWith("/v1/roll")
      ? asFunction("roll", servers, () => roll(event, aContext()))
      : asFunction("operate", servers, () => operate(event, aContext())));
    response.writeHead(result.statusCode, { "content-type": "application/json" }).end(result.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    get twoPeople() {
      return services.twoPeople;
    },
    set twoPeople(wanted) {
      services.twoPeople = wanted;
    },
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
