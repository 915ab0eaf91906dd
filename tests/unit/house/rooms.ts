/**
 * The rooms of the house and what each may import, from the top floor down: a room imports only rooms below it.
 * docs/architecture.md says what each holds.
 */
export interface Room {
  readonly name: string;
  /** The rooms, or files of rooms, that it may import. It may always import itself. */
  readonly imports: readonly string[];
  /** Folders that it may name in a path (a file that it reads, bundles or starts) although it may not import them. */
  readonly names?: readonly string[];
  /** Documents that it may import: no code, and no room. */
  readonly documents?: readonly string[];
  /** The packages that it may import; absent: any. */
  readonly packages?: readonly string[];
}

export const ROOMS: readonly Room[] = [
  { name: "bin", imports: ["commands", "terminal"] },
  {
    name: "commands",
    imports: [
      "proving",
      "load",
      "console",
      "places",
      "infra",
      "operations",
      "papers",
      "trustees",
      "shared",
      "client",
      "machine",
      "terminal",
    ],
    // `npm run doctor` compares the migrations of the release with those of the database.
    names: ["functions/migrate/migrations", "tests"],
  },
  // It runs the functions' own code, in its own process, on servers that fail, and opens boxes as trustees do.
  {
    name: "proving",
    imports: ["load", "places", "functions", "operations", "trustees", "shared", "client", "machine", "terminal"],
  },
  { name: "load", imports: ["places", "infra", "operations", "trustees", "shared", "client", "machine", "terminal"] },
  // A page for operators and its server. Of what the server knows, the page has the types only.
  { name: "console", imports: ["places", "infra", "web", "shared", "terminal"] },
  { name: "places", imports: ["infra", "operations", "shared", "machine", "terminal"] },
  // Of the runtime only the metrics' names: alarms and dashboards must spell them as the code does.
  {
    name: "infra",
    imports: ["shared/domain", "shared/messages", "shared/runtime/metrics.ts"],
    names: ["functions", "web"],
  },
  // Voters get it, so it imports only the client and the rules. Vite builds it.
  { name: "web", imports: ["shared/domain", "client"], packages: ["node:fs", "node:url", "vite"] },
  // The API answers with its own description.
  { name: "functions", imports: ["operations", "shared"], documents: ["docs/openapi.json"] },
  { name: "operations", imports: ["shared"] },
  // Whatever a paper says is handed to it: it asks no server.
  { name: "papers", imports: ["shared/domain", "machine"] },
  // It holds the private key of an election, on a machine without a network: it has no server to speak to, and no
  // package that could open a connection.
  {
    name: "trustees",
    imports: ["shared/domain", "shared/messages"],
    packages: [
      "node:crypto",
      "node:events",
      "node:fs",
      "node:fs/promises",
      "node:path",
      "node:worker_threads",
      "shamir-secret-sharing",
      "zod",
    ],
  },
  { name: "shared/runtime", imports: ["shared/domain", "shared/messages", "shared/stores"] },
  { name: "shared/stores", imports: ["shared/domain", "shared/messages"] },
  { name: "shared/messages", imports: ["shared/domain"], packages: ["zod"] },
  { name: "terminal", imports: ["shared/domain"] },
  { name: "machine", imports: [] },
  { name: "shared/domain", imports: [], packages: ["node:crypto"] },
  // As strangers would write them: with the package, and with nothing else of this project.
  {
    name: "examples",
    imports: [],
    packages: [
      "@referendum/client",
      "@referendum/client/verify",
      "node:fs/promises",
      "node:http",
      "node:path",
      "node:url",
    ],
  },
  // It goes to voters, so it uses only what a browser has.
  { name: "client", imports: [], packages: [] },
];
