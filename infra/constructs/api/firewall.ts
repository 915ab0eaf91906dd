import { ArnFormat, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as logs from "aws-cdk-lib/aws-logs";
import type * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import * as wafv2 from "aws-cdk-lib/aws-wafv2";
import { Construct } from "constructs";
import type { AwsSettings, Settings, StageName } from "../../stages.ts";
import { CLIENT_ADDRESS_HEADER, ORIGIN_KEY_HEADER } from "../common/client-address.ts";

export interface FirewallProps {
  readonly settings: Settings;
  readonly aws: AwsSettings;
  /** The API's stage. */
  readonly stageArn: string;
  /** The key that proves that a header with an address is the pages' distribution's; undefined without pages. */
  readonly originKey: secretsmanager.ISecret | undefined;
}

/** Rates are counted over this window. */
const WINDOW_SECONDS = 300;
/** `Retry-After` for a client over its limit. WAF looks at the rate every half minute or so. */
const RETRY_AFTER_SECONDS = "60";

/**
 * Managed groups, and those of their rules that only count. A rule that could match a proper vote only counts, because
 * turning away a voter by a guess is worse than a request that ingest itself refuses.
 */
const MANAGED_GROUPS: ReadonlyArray<{ readonly name: string; readonly onlyCount: readonly string[] }> = [
  {
    // Ingest answers 413 itself, and a client may well have no or an odd User-Agent.
    name: "AWSManagedRulesCommonRuleSet",
    onlyCount: ["SizeRestrictions_BODY", "NoUserAgent_HEADER", "UserAgent_BadBots_HEADER"],
  },
  { name: "AWSManagedRulesKnownBadInputsRuleSet", onlyCount: [] },
  {
    // A voter may share an address with a bot, or have inherited it from one.
    name: "AWSManagedRulesAmazonIpReputationList",
    onlyCount: ["AWSManagedIPReputationList", "AWSManagedReconnaissanceList", "AWSManagedIPDDoSList"],
  },
];

/** The rules that refuse an address because of its rate, as their metrics name them. */
export const RATE_RULES = [
  "votes-per-address",
  "requests-per-address",
  // Through the pages' distribution.
  "votes-per-address-of-pages",
  "requests-per-address-of-pages",
] as const;

/**
 * What WAF's metrics call a stage's firewall. Stages that share an account share no curves.
 *
 * @param stage the stage
 */
export function firewallMetricName(stage: StageName): string {
  return `referendum-${stage}`;
}

/** WAF in front of the API: limits per address, which API Gateway has only for all clients together. */
export class Firewall extends Construct {
  constructor(scope: Construct, id: string, props: FirewallProps) {
    super(scope, id);
    const { settings, aws } = props;
    const acl = new wafv2.CfnWebACL(this, "Acl", {
      name: `referendum-${settings.stage}`,
      scope: "REGIONAL",
      defaultAction: { allow: {} },
      visibilityConfig: visibility(firewallMetricName(settings.stage)),
      customResponseBodies: {
        tooManyRequests: {
          // WAF has no other JSON type, but the body is a problem (RFC 9457).
          contentType: "APPLICATION_JSON",
          content: JSON.stringify({
            type: "urn:referendum:problem:too-many-requests",
            title: "Too many requests",
            status: 429,
            detail: "Too many requests came from your address. Wait a minute and send the same request again.",
          }),
        },
      },
      rules: [...this.#loadGenerators(aws), ...rateRules(aws, props.originKey), ...managedRules()],
    });
    new wafv2.CfnWebACLAssociation(this, "Association", { resourceArn: props.stageArn, webAclArn: acl.attrArn });
    this.#log(acl, settings);
  }

  /** Only addresses that a setting names: a load test, by permission. */
  #loadGenerators(aws: AwsSettings): wafv2.CfnWebACL.RuleProperty[] {
    if (aws.waf.loadGeneratorCidrs.length === 0) return [];
    const addresses = new wafv2.CfnIPSet(this, "LoadGenerators", {
      scope: "REGIONAL",
      ipAddressVersion: "IPV4",
      addresses: [...aws.waf.loadGeneratorCidrs],
    });
    return [
      {
        name: "load-generators",
        priority: 0,
        action: { allow: {} },
        statement: { ipSetReferenceStatement: { arn: addresses.attrArn } },
        visibilityConfig: visibility("load-generators"),
      },
    ];
  }

  /**
   * Logs blocked and counted requests, without headers that identify a browser and without the query. WAF logs no
   * bodies.
   */
  #log(acl: wafv2.CfnWebACL, settings: Settings): void {
    const logGroup = new logs.LogGroup(this, "Log", {
      // WAF takes only names that begin like this.
      logGroupName: `aws-waf-logs-referendum-${settings.stage}`,
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new wafv2.CfnLoggingConfiguration(this, "Logging", {
      resourceArn: acl.attrArn,
      logDestinationConfigs: [
        Stack.of(this).formatArn({
          service: "logs",
          resource: "log-group",
          resourceName: logGroup.logGroupName,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
      redactedFields: [
        { singleHeader: { Name: "idempotency-key" } },
        { singleHeader: { Name: ORIGIN_KEY_HEADER } },
        { singleHeader: { Name: CLIENT_ADDRESS_HEADER } },
        { singleHeader: { Name: "cookie" } },
        { queryString: {} },
        { uriPath: {} },
      ],
      // Free-form JSON to CDK, which leaves its keys as they are written: they are CloudFormation's.
      loggingFilter: {
        DefaultBehavior: "DROP",
        Filters: [
          {
            Behavior: "KEEP",
            Requirement: "MEETS_ANY",
            Conditions: ["BLOCK", "COUNT", "EXCLUDED_AS_COUNT"].map((action) => ({
              ActionCondition: { Action: action },
            })),
          },
        ],
      },
    });
  }
}

const TOO_MANY: wafv2.CfnWebACL.RuleActionProperty = {
  block: {
    customResponse: {
      responseCode: 429,
      customResponseBodyKey: "tooManyRequests",
      responseHeaders: [{ name: "Retry-After", value: RETRY_AFTER_SECONDS }],
    },
  },
};

type Statement = wafv2.CfnWebACL.StatementProperty;

/** Whose requests a rule counts, and by which address. */
interface Clients {
  /** What the names of rules end with. */
  readonly suffix: "" | "-of-pages";
  readonly scope: Statement | undefined;
  /** The header that has the address; absent: the connection's own. */
  readonly header?: string;
}

/** Without pages, all clients are direct ones. With pages, a key marks the requests of the distribution. */
function clientsOf(originKey: secretsmanager.ISecret | undefined): Clients[] {
  if (originKey === undefined) return [{ suffix: "", scope: undefined }];
  const throughPages: Statement = {
    byteMatchStatement: {
      fieldToMatch: { singleHeader: { Name: ORIGIN_KEY_HEADER } },
      positionalConstraint: "EXACTLY",
      searchString: originKey.secretValue.unsafeUnwrap(),
      textTransformations: [{ priority: 0, type: "NONE" }],
    },
  };
  return [
    { suffix: "", scope: { notStatement: { statement: throughPages } } },
    { suffix: "-of-pages", scope: throughPages, header: CLIENT_ADDRESS_HEADER },
  ];
}

/**
 * Two limits by address alone, one for votes and one for everything: browsers of one kind send the same `User-Agent`,
 * so it tells nobody apart who shares an address. Both are above what an office, a campus or a carrier's NAT sends.
 * Behind the pages' distribution the address is that of its header, which nobody else can write.
 */
function rateRules(aws: AwsSettings, originKey: secretsmanager.ISecret | undefined): wafv2.CfnWebACL.RuleProperty[] {
  return clientsOf(originKey).flatMap((clients, index) => {
    const rule = (
      name: (typeof RATE_RULES)[number],
      priority: number,
      limit: number,
      scope: Statement | undefined,
    ): wafv2.CfnWebACL.RuleProperty => ({
      name,
      priority: priority + 2 * index,
      action: TOO_MANY,
      visibilityConfig: visibility(name),
      statement: {
        rateBasedStatement: {
          limit,
          evaluationWindowSec: WINDOW_SECONDS,
          ...(clients.header === undefined
            ? { aggregateKeyType: "IP" }
            : { aggregateKeyType: "CUSTOM_KEYS", customKeys: [headerKey(clients.header)] }),
          ...(scope === undefined ? {} : { scopeDownStatement: scope }),
        },
      },
    });
    return [
      rule(`votes-per-address${clients.suffix}`, 10, aws.waf.votesPerAddress, both(IS_VOTE, clients.scope)),
      rule(`requests-per-address${clients.suffix}`, 11, aws.waf.requestsPerAddress, clients.scope),
    ];
  });
}

const IS_VOTE: Statement = {
  byteMatchStatement: {
    fieldToMatch: { method: {} },
    positionalConstraint: "EXACTLY",
    searchString: "POST",
    textTransformations: [{ priority: 0, type: "NONE" }],
  },
};

function headerKey(name: string): wafv2.CfnWebACL.RateBasedStatementCustomKeyProperty {
  return { header: { name, textTransformations: [{ priority: 0, type: "NONE" }] } };
}

function both(one: Statement, other: Statement | undefined): Statement {
  return other === undefined ? one : { andStatement: { statements: [one, other] } };
}

function managedRules(): wafv2.CfnWebACL.RuleProperty[] {
  return MANAGED_GROUPS.map(({ name, onlyCount }, index) => ({
    name,
    priority: 20 + index,
    overrideAction: { none: {} },
    visibilityConfig: visibility(name),
    statement: {
      managedRuleGroupStatement: {
        vendorName: "AWS",
        name,
        ruleActionOverrides: onlyCount.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
      },
    },
  }));
}

/** Sampled requests would show voters' requests to everybody who may open the console. */
function visibility(metricName: string): wafv2.CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, metricName, sampledRequestsEnabled: false };
}
