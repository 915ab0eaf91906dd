import { globSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vitest/config";
import { mayHave } from "./names.ts";
import { moduleAt } from "./syntax.ts";

/**
 * Leaves out the files that cannot have a test of the name that `-t` asks for: importing all of them takes half a
 * minute. It reads their sources; a file whose names these do not say is run as ever. In watch mode, where the pattern
 * and the files may change, nothing is left out.
 */
export function selectionByName(): Plugin {
  return {
    name: "referendum:selection-by-name",
    configureVitest({ project, vitest }) {
      const pattern = vitest.config.testNamePattern;
      if (pattern === undefined || vitest.config.watch) return;
      const { root, include, exclude } = project.config;
      for (const file of globSync(include, { cwd: root })) {
        const module = moduleAt(join(root, file));
        if (module !== undefined && !mayHave(module, pattern)) exclude.push(file);
      }
    },
  };
}
