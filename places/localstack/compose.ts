import { runProgram } from "../../machine/programs.ts";
import { UserError } from "../../terminal/errors.ts";
import { progress } from "../../terminal/progress.ts";
import { COMPOSE_FILE } from "./settings.ts";

/** Whether a Docker engine with Compose answers. The Docker client alone is not enough. */
export async function dockerEngineAnswers(): Promise<boolean> {
  const { code } = await runProgram("docker", ["info", "--format", "{{.ServerVersion}}"]);
  return code === 0 && (await runProgram("docker", ["compose", "version"])).code === 0;
}

/**
 * Starts the compose file and waits until every container is healthy.
 *
 * @throws UserError with Docker's message
 */
export async function composeUp(): Promise<void> {
  process.stderr.write("Starting LocalStack, Redis and PostgreSQL with Docker Compose.\n");
  const bar = progress("lines");
  let lines = 0;
  const onLine = () => bar.update(++lines);
  const { code, tail } = await runProgram("docker", ["compose", "-f", COMPOSE_FILE, "up", "-d", "--wait"], { onLine });
  bar.stop();
  if (code !== 0) throw new UserError(`Docker Compose did not start: ${tail.slice(-5).join("\n")}`);
}

/** Stops the compose file's containers and removes them, their network and their volumes. */
export async function composeDown(): Promise<void> {
  const { code, tail } = await runProgram("docker", ["compose", "-f", COMPOSE_FILE, "down", "--volumes"]);
  if (code !== 0) throw new UserError(`Docker Compose did not stop: ${tail.slice(-5).join("\n")}`);
}
