import type { z } from "zod";
import type { Operator } from "../../shared/domain/operator.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import type { Act } from "../../shared/messages/operators/define-act.ts";
import type { StepProgress } from "../../shared/messages/operators/envelope.ts";
import type { KeySource } from "../../shared/runtime/key-ring.ts";
import type { Keys } from "../../shared/runtime/keys.ts";
import type { Archive } from "../archive/archive.ts";
import type { Clock } from "../clock.ts";
import type { RecordedVotes } from "../count/recorded-votes.ts";
import type { StepContext, StepPorts } from "../roll/steps/step-ports.ts";
import type { Servers } from "../servers.ts";

/** What a function of the operators' API has. */
export interface DoorServices {
  readonly servers: Servers;
  /** Whether acts that change an election need a second person. */
  readonly twoPeople: boolean;
  /** After how many hours a proposal ends. */
  readonly proposalHours: number;
  /** The release, for the journal. */
  readonly release: string;
  /** The keys of messages that are set aside; only `operate` has them. */
  readonly setAsideKeys: () => Promise<Keys<"setAside">>;
  /** The keys of outcomes; only `operate` has them. */
  readonly outcomeKeys: KeySource<"macOutcome">;
  /** Keeps acts where a restore of PostgreSQL does not take them back. */
  readonly archive: Archive;
  /** Told of an act that was done although the journal did not take it. */
  readonly onWithoutJournal: (error: unknown) => void;
  /** In a simulation: its clock, and its models of the stores of rolls and votes. */
  readonly simulated?:
    | { readonly clock: Clock; readonly rolls: () => StepPorts; readonly votes: () => RecordedVotes }
    | undefined;
}

/** What an act knows beside its request. */
export interface ActContext extends StepContext {
  readonly services: DoorServices;
  readonly operator: Operator;
  readonly archive: Archive;
  /** Whether the first step of this run came before and was cut off: what it was to do may be done. */
  readonly isRepeated: boolean;
}

/** How a step of an act ended. */
export type Step<Cursor, Result> =
  | { readonly done: true; readonly result: Result }
  | { readonly done: false; readonly cursor: Cursor; readonly progress: StepProgress };

/** What an act does, step by step. Each step can be sent again, and from anywhere. */
export interface ActCode<A extends Act> {
  /**
   * Refuses what must not be done, without doing anything: when it is proposed, and again before it is done.
   *
   * @throws Refusal saying why
   */
  readonly check?: (context: ActContext, request: z.output<A["request"]>) => Promise<void>;
  /**
   * Does one step.
   *
   * @throws Refusal when it cannot be done
   */
  readonly step: (
    context: ActContext,
    request: z.output<A["request"]>,
    cursor: z.output<A["cursor"]> | undefined,
  ) => Promise<Step<z.input<A["cursor"]>, z.input<A["result"]>>>;
  /** The law that the request is about, for the journal. */
  readonly lawOf?: (request: z.output<A["request"]>) => string | undefined;
  /** The request as the journal may keep it; default: as it is. `undefined` leaves no entry. */
  readonly recorded?: (request: z.output<A["request"]>) => unknown;
  /** Done first and recorded then, even if the journal is away: the result has `in_journal`. Only for single steps. */
  readonly isUrgent?: boolean;
  /** Done although PostgreSQL lacks entries of the journal, because it brings them back. */
  readonly bringsBackJournal?: boolean;
}

/** A call of an act whose request and cursor have been read. */
export interface ReadCall {
  readonly request: unknown;
  readonly lawId: string | undefined;
  /** The request as the journal may keep it; undefined: the act leaves no entry. */
  readonly recorded: unknown;
  readonly isFirstStep: boolean;
  /** The cursor as it came; undefined: the first step. */
  readonly cursor: unknown;
  readonly isUrgent: boolean;
  readonly bringsBackJournal: boolean;
  check(context: ActContext): Promise<void>;
  step(context: ActContext): Promise<Step<unknown, unknown>>;
}

/** An act with its code, whatever its types. */
export interface DoorAct extends Pick<Act, "name" | "group" | "people"> {
  /**
   * Reads a call.
   *
   * @throws Refusal when it is not of the act's form
   */
  read(request: unknown, cursor: unknown): ReadCall;
}

/**
 * Joins an act and its code, with their types checked against one another.
 *
 * @param act the act
 * @param code what it does
 */
export function codeOf<A extends Act>(act: A, code: ActCode<A>): DoorAct {
  const { name, group, people } = act;
  const read = (given: unknown, at: unknown): ReadCall => {
    const request: z.output<A["request"]> = parsed<A["request"]>(act.request, given, "the request");
    const cursor: z.output<A["cursor"]> | undefined =
      at === undefined ? undefined : parsed<A["cursor"]>(act.cursor, at, "the cursor");
    return {
      request,
      lawId: code.lawOf?.(request),
      recorded: code.recorded === undefined ? request : code.recorded(request),
      isFirstStep: cursor === undefined,
      cursor: at,
      isUrgent: code.isUrgent === true,
      bringsBackJournal: code.bringsBackJournal === true,
      check: async (context) => code.check?.(context, request),
      step: (context) => code.step(context, request, cursor),
    };
  };
  return { name, group, people, read };
}

/**
 * Reads a value by its schema.
 *
 * @param schema its form
 * @param value the value
 * @param what names it in the refusal
 * @throws Refusal naming what is wrong with each field; it repeats no value
 */
export function parsed<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const fields = result.error.issues.map(({ path, message }) => `${path.join(".") || what}: ${message}`);
  throw new Refusal(`${what[0]?.toUpperCase()}${what.slice(1)} is not of the right form: ${fields.join("; ")}.`, {
    code: "invalid_request",
  });
}
