import { globSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vitest/config";
import { mayHave } from "./names.ts";
import { moduleAt } from "./syntax.ts";

/**
 * Leaves out files that cannot have a test of the name that `-t` asks for, because importing all files takes half a
 * minute. It reads their sources. A file whose names cannot be found there is run as usual. In watch mode, where the
 * pattern and the files may change, no file is left out.
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
