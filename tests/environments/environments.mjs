import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CannotBeHad } from "./clone.mjs";

/** @import { Clone, Environment } from "./clone.mjs" */

/** Settings of a developer's shell that do not work here. */
const HOSTILE = {
  AWS_PROFILE: "nobody",
  AWS_USE_FIPS_ENDPOINT: "true",
  AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:9",
  PGHOST: "192.0.2.1",
  PGSSLMODE: "require",
  PGOPTIONS: "-c search_path=nowhere",
  HTTP_PROXY: "http://127.0.0.1:9",
  http_proxy: "http://127.0.0.1:9",
  NODE_USE_ENV_PROXY: "1",
};

/** @param {Clone} clone */
async function works(clone) {
  await clone.startAndVote();
  clone.smallTests();
}

/** @param {number} major @returns {Environment} */
function npm(major) {
  return {
    name: `npm${major}`,
    what: `npm ${major} installs everything, and no browser`,
    async run(clone) {
      clone.copy({ installed: false });
      clone.useNpm(major);
      // A browser's download would fail, and the installation with it.
      clone.env = {
        ...clone.env,
        PLAYWRIGHT_DOWNLOAD_HOST: "http://127.0.0.1:9",
        PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: undefined,
      };
      clone.must("npm", ["ci", "--no-audit", "--no-fund", "--prefer-offline"]);
      await works(clone);
    },
  };
}

/** @type {Environment[]} */
export const ENVIRONMENTS = [
  npm(10),
  npm(11),
  npm(12),
  {
    name: "ignore-scripts",
    what: "npm_config_ignore_scripts=true: one sentence names what is missing",
    async run(clone) {
      clone.copy({ installed: false });
      clone.env = { npm_config_ignore_scripts: "true" };
      clone.mustSay(/^Node\.js 24 .* is missing: .*npm ci --ignore-scripts=false$/);
    },
  },
  {
    name: "hostile",
    what: "a profile of AWS, variables of PostgreSQL and a proxy in the environment",
    async run(clone) {
      clone.copy();
      clone.env = HOSTILE;
      await works(clone);
    },
  },
  {
    name: "umask",
    what: "umask 077, in a folder that only its owner enters",
    async run(clone) {
      clone.prefix = ["sh", "-c", 'umask 077; exec "$0" "$@"'];
      clone.copy();
      chmodSync(dirname(clone.folder), 0o700);
      clone.data = join(clone.folder, ".local");
      await works(clone);
      clone.must("npm", ["run", "clean", "--", "--data", clone.data]);
    },
  },
  {
    name: "nice",
    what: "another user than root, under nice",
    async run(clone) {
      clone.copy();
      clone.giveTo("nobody");
      clone.prefix = ["nice", "-n", "15"];
      await works(clone);
    },
  },
  {
    name: "blanks",
    folder: "mes référendums",
    what: "a path with blanks and accents",
    async run(clone) {
      clone.copy();
      await works(clone);
    },
  },
  {
    name: "colon",
    folder: "a:b",
    what: 'a path with ":": one sentence',
    async run(clone) {
      clone.copy({ installed: false });
      clone.mustSay(/^The project cannot run in .*":"/);
    },
  },
  {
    name: "percent",
    folder: "a%20b",
    what: "a path that looks like an escaped URL, and data below one with a colon; the tests say one sentence",
    async run(clone) {
      clone.copy();
      clone.data = join(clone.temporary, "data", "c%20d:e");
      await clone.startAndVote();
      const { status, stderr } = clone.run("npm", ["test", "--silent"]);
      if (status === 0 || !/^The tests cannot run in .*"%"/m.test(stderr)) throw new Error(`npm test said ${stderr}`);
    },
  },
  {
    name: "read-only",
    what: "a checkout that nobody can write to",
    async run(clone) {
      clone.copy();
      clone.env = { HOME: join(clone.temporary, "home") };
      const mounted = spawnSync("mount", ["--bind", clone.folder, clone.folder]).status === 0;
      if (mounted) clone.finallyUnmount(clone.folder);
      const readOnly = mounted && spawnSync("mount", ["-o", "remount,ro,bind", clone.folder]).status === 0;
      if (!readOnly) throw new CannotBeHad("a read-only mount needs root");
      await clone.startAndVote();
      clone.data = join(clone.folder, ".local");
      clone.mustSay(/^The data directory .*\.local cannot be used .*--data\.$/);
    },
  },
  {
    name: "fat",
    what: "a data directory on a file system without permissions: one sentence",
    async run(clone) {
      const image = join(clone.temporary, "fat.img");
      writeFileSync(image, Buffer.alloc(16 * 2 ** 20));
      mkdirSync(clone.data, { recursive: true });
      const made =
        spawnSync("mkfs.vfat", [image]).status === 0 &&
        spawnSync("mount", ["-o", "loop", image, clone.data]).status === 0;
      if (!made) throw new CannotBeHad("mkfs.vfat and a loop device are needed");
      clone.finallyUnmount(clone.data);
      clone.copy();
      clone.mustSay(/lies on a file system without permissions/);
    },
  },
];
