import { z } from "zod";

const Resource = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).optional(),
  DependsOn: z.union([z.string(), z.array(z.string())]).optional(),
});
/** As much of a CloudFormation template as is changed here. */
export const Template = z.looseObject({ Resources: z.record(z.string(), Resource) });
export type Template = z.output<typeof Template>;

/** Servers of this machine in the places of RDS and ElastiCache, as functions reach them. */
export interface LiteralServers {
  /** `postgresql://user:password@host:port/database` of a role of the database; without one, of its owner. */
  readonly databaseUrl: (role: string | undefined) => string;
  /** `redis://host:port`, without a user: functions log in with theirs. */
  readonly redisUrl: string;
}

/**
 * What resources that are left out would have answered to `Ref` and `Fn::GetAtt`, by type. None of it leads anywhere:
 * functions get the addresses of this machine's servers instead.
 */
const ANSWERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "AWS::ElastiCache::ReplicationGroup": { "PrimaryEndPoint.Address": "redis.literal.invalid" },
  "AWS::RDS::DBInstance": {
    Ref: "referendum-literal",
    DbiResourceId: "db-LITERAL",
    "Endpoint.Address": "postgres.literal.invalid",
    "MasterUserSecret.SecretArn": "arn:aws:secretsmanager:ca-central-1:000000000000:secret:rds!db-literal-AbCdEf",
  },
  "AWS::RDS::DBProxy": {
    DBProxyArn: "arn:aws:rds:ca-central-1:000000000000:db-proxy:prx-literal",
    Endpoint: "proxy.literal.invalid",
  },
};

/** How a function finds PostgreSQL in an account; instead of it, `DATABASE_URL`. */
const DATABASE_VARIABLES = /^DATABASE_(HOST|PORT|NAME|USER|AUTH|ADMIN_SECRET_ARN)$/;

/**
 * Makes literal what LocalStack does not create: resources of other types than those that it knows are left out, what
 * refers to them becomes a text, functions connect to servers of this machine, the word of callers is taken, and a key
 * of Ed25519, which its KMS does not make, is of another kind.
 *
 * @param template of one stack
 * @param created the types that LocalStack creates
 * @param servers where functions find PostgreSQL and Redis
 * @returns the template for LocalStack
 * @throws Error naming an attribute that is asked of a resource that is left out and has no literal
 */
export function makeLiteral(template: Template, created: ReadonlySet<string>, servers: LiteralServers): Template {
  const entries = Object.entries(template.Resources);
  const missing = new Map(entries.filter(([, { Type }]) => !created.has(Type)).map(([id, { Type }]) => [id, Type]));
  const kept = entries
    .filter(([id]) => !missing.has(id))
    .map(([id, resource]) => {
      // An alias' update policy names its deployment group: without CodeDeploy it moves at once.
      const {
        DependsOn,
        UpdatePolicy: _,
        ...rest
      } = resource.Type === "AWS::Lambda::Function" ? withServers(resource, servers) : withKnownKey(resource);
      const dependsOn = [DependsOn ?? []].flat().filter((one) => !missing.has(one));
      return [id, dependsOn.length === 0 ? rest : { ...rest, DependsOn: dependsOn }];
    });
  return Template.parse(replaced({ ...template, Resources: Object.fromEntries(kept) }, missing));
}

function withKnownKey(resource: z.output<typeof Resource>): z.output<typeof Resource> {
  const { Type, Properties = {} } = resource;
  const isKnown = Type !== "AWS::KMS::Key" || Properties["KeySpec"] !== "ECC_NIST_EDWARDS25519";
  return isKnown ? resource : { ...resource, Properties: { ...Properties, KeySpec: "ECC_NIST_P256" } };
}

function withServers(resource: z.output<typeof Resource>, servers: LiteralServers): z.output<typeof Resource> {
  const { Environment, ...others } = resource.Properties ?? {};
  const { Variables = {} } = z
    .object({ Variables: z.record(z.string(), z.unknown()).optional() })
    .parse(Environment ?? {});
  const variables = Object.entries(Variables).filter(([name]) => !DATABASE_VARIABLES.test(name));
  const role = z.string().optional().parse(Variables["DATABASE_USER"]);
  if ("DATABASE_HOST" in Variables) variables.push(["DATABASE_URL", servers.databaseUrl(role)]);
  if ("REDIS_URL" in Variables) variables.push(["REDIS_URL", servers.redisUrl]);
  // LocalStack's gateway says of nobody who it is.
  if ("OPERATOR_IDENTITY" in Variables) variables.push(["OPERATOR_IDENTITY", "claimed"]);
  return { ...resource, Properties: { ...others, Environment: { Variables: Object.fromEntries(variables) } } };
}

/** The same value with a text in the place of each reference to what is missing. */
function replaced(value: unknown, missing: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => replaced(item, missing));
  if (typeof value !== "object" || value === null) return value;
  const asked = referenceOf(value);
  const type = asked === undefined ? undefined : missing.get(asked.id);
  if (asked !== undefined && type !== undefined) {
    const answer = ANSWERS[type]?.[asked.attribute];
    if (answer !== undefined) return answer;
    throw new Error(
      `${asked.attribute} of ${asked.id} is asked for, but LocalStack has no ${type}: ` +
        "give it a literal in tests/support/account-stage/literal.ts.",
    );
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaced(inner, missing)]));
}

const Ref = z.strictObject({ Ref: z.string() }).transform(({ Ref: id }) => ({ id, attribute: "Ref" }));
const GetAtt = z
  .strictObject({ "Fn::GetAtt": z.tuple([z.string(), z.string()]) })
  .transform(({ "Fn::GetAtt": [id, attribute] }) => ({ id, attribute }));

function referenceOf(value: object): { id: string; attribute: string } | undefined {
  return z.union([Ref, GetAtt]).safeParse(value).data;
}
