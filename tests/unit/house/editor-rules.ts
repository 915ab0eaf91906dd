import { ROOMS, type Room } from "./rooms.ts";

/** One entry of `overrides` in biome.json. */
export interface Override {
  readonly includes: readonly string[];
  readonly linter: object;
}

/**
 * The linter's form of the table of rooms, which the editor shows while one types: an entry for each room that names
 * what it may not import. The linter knows imports only; paths in strings and circles of folders are left to the test.
 *
 * @param rooms the table
 * @returns `overrides` of biome.json
 */
export function editorRules(rooms: readonly Room[] = ROOMS): Override[] {
  return rooms.map((room) => ({
    includes: [`${room.name}/**`],
    linter: {
      rules: {
        style: {
          noRestrictedImports: {
            level: "error",
            options: { patterns: [...forbiddenRooms(room, rooms), ...forbiddenPackages(room)] },
          },
        },
      },
    },
  }));
}

function forbiddenRooms(room: Room, rooms: readonly Room[]): object[] {
  const names = [...rooms.map(({ name }) => name), "tests"].filter((name) => name !== room.name);
  const group = names
    .filter((name) => !room.imports.some((path) => name === path || name.startsWith(`${path}/`)))
    .map((name) => `**/${inside(room, name)}/**`);
  const exceptions = room.imports.filter((path) => path.endsWith(".ts")).map((path) => `!**/${inside(room, path)}`);
  const below = room.imports.length === 0 ? "no other room" : `of the other rooms only ${room.imports.join(", ")}`;
  return [{ group: [...group, ...exceptions], message: `${room.name} imports ${below}: see docs/architecture.md.` }];
}

/** A path as files of a room write it: within `shared`, without `shared`. */
function inside(room: Room, path: string): string {
  return room.name.startsWith("shared/") && path.startsWith("shared/") ? path.slice("shared/".length) : path;
}

function forbiddenPackages({ name, packages }: Room): object[] {
  if (packages === undefined) return [];
  const allowed = packages.length === 0 ? "no package" : `of packages only ${packages.join(", ")}`;
  return [
    {
      group: ["**", "!./**", "!../**", ...packages.map((one) => `!${one}`)],
      message: `${name} imports ${allowed}: see docs/architecture.md.`,
    },
  ];
}
