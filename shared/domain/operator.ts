/** Somebody who calls the operators' API. */
export interface Operator {
  /** Tells people apart: the name of the session, or the name that a client claims. */
  readonly name: string;
  /** The caller's ARN; `claimed` where nobody has proved who they are. */
  readonly identity: string;
  /** Whether the name is certain enough to decide on another person's proposal. */
  readonly isPinned: boolean;
}

/** The identity of callers who only say who they are, on the stages local and localstack. */
export const CLAIMED = "claimed";

const CLAIMED_NAME = /^[A-Za-z0-9._@+=,-]{1,64}$/;
const ASSUMED_ROLE = /^arn:aws[a-z-]*:sts::\d{12}:assumed-role\/([\w+=,.@-]+)\/([\w+=,.@-]{2,64})$/;

/**
 * The caller by what API Gateway says after it has checked the signature.
 *
 * @param arn `requestContext.identity.userArn`
 * @param pinnedRoles the roles whose trust policies fix the session's name
 * @returns undefined for callers who are not sessions of a role: users and the root user
 */
export function operatorByArn(arn: string | null, pinnedRoles: readonly string[]): Operator | undefined {
  const [, role, session] = ASSUMED_ROLE.exec(arn ?? "") ?? [];
  if (arn === null || role === undefined || session === undefined) return undefined;
  return { name: session, identity: arn, isPinned: pinnedRoles.includes(role) };
}

/**
 * The caller by what a client claims.
 *
 * @param name the name
 * @returns undefined when it is not 1 to 64 of `A-Za-z0-9._@+=,-`
 */
export function claimedOperator(name: string | undefined): Operator | undefined {
  return name !== undefined && CLAIMED_NAME.test(name) ? { name, identity: CLAIMED, isPinned: true } : undefined;
}
