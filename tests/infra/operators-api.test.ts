import { describe, expect, it } from "vitest";
import { STAGE_NAMES } from "../../infra/stages.ts";
import {
  at,
  functionNamed,
  listAt,
  numberAt,
  ofApi,
  ofType,
  synthesize,
  textAt,
  theOnlyOfApi,
} from "./support/synth.ts";

/** The paths of the operators' API, and the function behind each. */
const PATHS: Readonly<Record<string, "operate" | "roll">> = {
  "/v1/looks/{act}": "operate",
  "/v1/acts/{act}": "operate",
  "/v1/approvals/{act}": "operate",
  "/v1/approved/{act}": "operate",
  "/v1/rolls/{act}": "roll",
  "/v1/roll-looks/{act}": "roll",
  "/v1/roll-approved/{act}": "roll",
};
/** What names the keys of voters. */
const KEYS = ["PERSON_KEY_SECRET_ARN", "PEPPER_SECRET_ARN", "CODE_CHECK_KEY_SECRET_ARN"];

describe.each(STAGE_NAMES)("the operators' API of stage %s", (stage) => {
  const synthesized = synthesize(stage);
  const onAws = synthesized.settings.aws !== undefined;
  const methods = ofApi(synthesized, "operators", "AWS::ApiGateway::Method");
  const resources = ofApi(synthesized, "operators", "AWS::ApiGateway::Resource");
  const pathOf = (id: unknown): string => {
    const resource = resources.find((it) => it.logicalId === id);
    if (resource === undefined) return "";
    return `${pathOf(at(resource.properties, "ParentId", "Ref"))}/${textAt(resource.properties, "PathPart")}`;
  };
  const variablesOf = (name: string) =>
    Object.entries(at(functionNamed(synthesized, name).properties, "Environment", "Variables") ?? {});
  const variable = (name: string, key: string) => new Map(variablesOf(name)).get(key);

  it("is completed by a schedule: operate looks for cut-off changes of laws every minute", () => {
    const [rule, ...others] = ofType(synthesized, "AWS::Events::Rule").filter(({ properties }) =>
      JSON.stringify(at(properties, "Targets", 0, "Arn")).includes("PipelineOperate"),
    );
    expect(others).toEqual([]);
    expect(rule?.properties).toMatchObject({ ScheduleExpression: "rate(1 minute)", State: "ENABLED" });
    expect(at(rule?.properties, "Targets", 0, "Input"), "an event of EventBridge itself").toBeUndefined();
    expect(at(rule?.properties, "Targets", 0, "RetryPolicy", "MaximumRetryAttempts")).toBe(0);
  });

  it("has no method without authorization by IAM", () => {
    expect(methods.map((it) => it.properties["AuthorizationType"])).toEqual(methods.map(() => "AWS_IAM"));
  });

  it("answers POST on its paths by the function of each, and nothing else", () => {
    const found = methods.map(({ properties }) => {
      const path = pathOf(at(properties, "ResourceId", "Ref"));
      const uri = JSON.stringify(at(properties, "Integration", "Uri"));
      const name = /Pipeline(Operate|Roll)(Function|Alias)/.exec(uri)?.[1]?.toLowerCase();
      return [`${textAt(properties, "HttpMethod")} ${path}`, name];
    });
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(Object.entries(PATHS).map(([path, name]) => [`POST ${path}`, name])),
    );
    expect(found).toHaveLength(7);
  });

  it("waits for its functions longer than their own limit of 20 s", () => {
    for (const { properties } of methods) {
      expect(numberAt(properties, "Integration", "TimeoutInMillis")).toBe(21_000);
      expect(at(properties, "Integration", "Type")).toBe("AWS_PROXY");
    }
    for (const name of ["operate", "roll"]) {
      expect(functionNamed(synthesized, name).properties).toMatchObject({ Timeout: 20, MemorySize: 1024 });
    }
  });

  it("throttles, and writes no body to a log", () => {
    const { properties } = theOnlyOfApi(synthesized, "operators", "AWS::ApiGateway::Stage");
    expect(listAt(properties, "MethodSettings")).toEqual([
      expect.objectContaining({
        HttpMethod: "*",
        ResourcePath: "/*",
        ThrottlingRateLimit: 100,
        ThrottlingBurstLimit: 200,
        DataTraceEnabled: false,
      }),
    ]);
  });

  it("answers what no function answers as problem+json in static text, with a code for each reason", () => {
    const codes = new Map<string, unknown>();
    for (const { properties } of ofApi(synthesized, "operators", "AWS::ApiGateway::GatewayResponse")) {
      const headers = at(properties, "ResponseParameters");
      expect(at(headers, "gatewayresponse.header.Content-Type")).toBe("'application/problem+json'");
      expect(at(headers, "gatewayresponse.header.Access-Control-Allow-Origin")).toBeUndefined();
      const template = textAt(properties, "ResponseTemplates", "application/json");
      expect(template).not.toMatch(/[$#]/);
      const body: unknown = JSON.parse(template);
      expect(at(body, "status")).toBe(
        properties["StatusCode"] === undefined ? undefined : Number(properties["StatusCode"]),
      );
      codes.set(textAt(properties, "ResponseType"), at(body, "code"));
    }
    expect(Object.fromEntries(codes)).toMatchObject({
      MISSING_AUTHENTICATION_TOKEN: "not_signed",
      ACCESS_DENIED: "access_denied",
      EXPIRED_TOKEN: "expired_token",
      INVALID_SIGNATURE: "invalid_signature",
      THROTTLED: "too_many_requests",
      DEFAULT_4XX: "refused",
      DEFAULT_5XX: "temporarily_unavailable",
    });
    expect([...codes.values()]).not.toContain(undefined);
  });

  it("is for no web page", () => {
    expect(methods.map((it) => it.properties["HttpMethod"])).not.toContain("OPTIONS");
    for (const name of ["operate", "roll"]) expect(variable(name, "CORS_ORIGINS")).toBeUndefined();
  });

  it("has a resource policy only where the account has roles for people", () => {
    const { properties } = theOnlyOfApi(synthesized, "operators", "AWS::ApiGateway::RestApi");
    expect(properties["Policy"] !== undefined).toBe(onAws);
  });

  it("is found by an output", () => {
    const api = theOnlyOfApi(synthesized, "operators", "AWS::ApiGateway::RestApi").logicalId;
    expect(JSON.stringify(synthesized.outputs.get("OperatorsApiUrl"))).toContain(`"${api}"`);
  });

  it("believes who asks only where no account checks it", () => {
    for (const name of ["operate", "roll"]) {
      expect(variable(name, "OPERATOR_IDENTITY"), name).toBe(onAws ? "iam" : "claimed");
    }
    // No other function could take a claim.
    const claimed = synthesized.resources.filter((it) => JSON.stringify(it.properties).includes('"claimed"'));
    expect(claimed).toHaveLength(onAws ? 0 : 2);
  });

  it("gives the keys of voters to roll and not to operate, and only the archive's key to both", () => {
    const secretsOf = (name: string) =>
      variablesOf(name).flatMap(([key, value]) => (/SECRET_ARN$/.test(key) ? [JSON.stringify(value)] : []));
    expect(variablesOf("roll").map(([key]) => key)).toEqual(expect.arrayContaining(KEYS));
    const keysOfOperate = variablesOf("operate").filter(([key]) => /KEY|PEPPER_SECRET/.test(key));
    expect(keysOfOperate.map(([key]) => key).sort()).toEqual([
      "ARCHIVE_KEY_SECRET_ARN",
      "MAC_OUTCOME_KEY_SECRET_ARN",
      "SET_ASIDE_KEY_SECRET_ARN",
    ]);
    const ofBoth = secretsOf("operate").filter((one) => secretsOf("roll").includes(one));
    expect(ofBoth).toEqual([expect.stringContaining("ArchiveKey")]);
    expect(secretsOf("roll")).toHaveLength(onAws ? 5 : 4);
    expect(secretsOf("operate")).toHaveLength(onAws ? 4 : 3);
  });

  it("tells both functions where everything is, and what the stage's rules are", () => {
    const { settings } = synthesized;
    for (const name of ["operate", "roll"]) {
      expect(Object.fromEntries(variablesOf(name)), name).toMatchObject({
        LAWS_TABLE: expect.anything(),
        VOTES_QUEUE_URL: { Ref: expect.stringContaining("VotesQueue") },
        VOTES_DLQ_URL: { Ref: expect.stringContaining("VotesDeadLetters") },
        OUTCOMES_QUEUE_URL: { Ref: expect.stringContaining("OutcomesQueue") },
        OUTCOMES_DLQ_URL: { Ref: expect.stringContaining("OutcomesDeadLetters") },
        VALIDATE_MAPPING_ID: { Ref: expect.stringContaining("VotesMapping") },
        AGGREGATE_MAPPING_ID: { Ref: expect.stringContaining("OutcomesMapping") },
        LAW_CACHE_SECONDS: String(settings.lawCacheSeconds),
        LAW_CHANGE_MARGIN_SECONDS: String(settings.lawChangeMarginSeconds),
        COUNT_QUIET_SECONDS: String(settings.countQuietSeconds),
        LEGAL_TERM_DAYS: String(settings.legalTermDays),
        COPIES_KEPT_DAYS: expect.stringMatching(onAws ? /"database_backups":35,"receipt_backups":35/ : /^\{\}$/),
        TWO_PEOPLE: String(stage === "prod"),
        PROPOSAL_HOURS: "72",
        QUEUE_COUNTS: onAws ? "approximate" : "exact",
        DATABASE_TIMEOUT_MS: "18000",
        PEPPER_BY_DEFAULT: String(onAws),
        CODES_BY_DEFAULT: onAws ? "checked" : "any",
        RELEASE: expect.stringMatching(/^\d+\.\d+\.\d+/),
      });
    }
    expect(variable("roll", "RECEIPTS_TABLE")).toBeUndefined();
    expect(variable("operate", "RECEIPTS_TABLE")).toBeDefined();
  });

  if (onAws) {
    it("takes TLS 1.2 and 1.3 only", () => {
      expect(theOnlyOfApi(synthesized, "operators", "AWS::ApiGateway::RestApi").properties).toMatchObject({
        SecurityPolicy: "SecurityPolicy_TLS13_1_2_PQ_2025_09",
        EndpointAccessMode: "STRICT",
        EndpointConfiguration: { Types: ["REGIONAL"] },
      });
    });

    it("logs who asked for which act, without bodies, addresses and headers", () => {
      const { properties } = theOnlyOfApi(synthesized, "operators", "AWS::ApiGateway::Stage");
      const fields: Record<string, string> = JSON.parse(textAt(properties, "AccessLogSetting", "Format"));
      expect(fields).toMatchObject({ caller: "$context.identity.userArn", path: "$context.path" });
      for (const field of Object.values(fields)) expect(field).not.toMatch(/sourceIp|body|header|querystring/i);
    });

    it("writes its log only after the account lets API Gateway write any", () => {
      const { dependsOn } = theOnlyOfApi(synthesized, "operators", "AWS::ApiGateway::Stage");
      const account = synthesized.resources.filter((it) => it.type === "AWS::ApiGateway::Account");
      expect(account).toHaveLength(1);
      expect(dependsOn).toContain(account[0]?.logicalId);
    });
  }
});
