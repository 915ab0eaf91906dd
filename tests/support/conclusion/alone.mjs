// Runs the verifier in a folder that has nothing but a copy of client/ and a bundle: node alone.mjs BUNDLE.
import { open } from "node:fs/promises";
import { join } from "node:path";

// Beside the copy of this program, and not here.
const { bundleAt, verify } = await import(new URL("client/verify/index.ts", import.meta.url).href);
const [, , bundle = ""] = process.argv;

async function read(path) {
  try {
    return (await open(join(bundle, path))).createReadStream();
  } catch {
    return undefined;
  }
}

const source = bundle.startsWith("http") ? bundleAt(bundle) : { parallel: 1, read };
const { verdict, checks } = await verify(source, bundle);
process.stdout.write(JSON.stringify({ verdict, checks }));
