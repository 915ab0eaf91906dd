import { Annotations, Duration, Stack, Token } from "aws-cdk-lib";
import type * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as acm from "aws-cdk-lib/aws-certificatemanager";
import * as cloudfront from "aws-cdk-lib/aws-cloudfront";
import * as origins from "aws-cdk-lib/aws-cloudfront-origins";
import * as logs from "aws-cdk-lib/aws-logs";
import * as s3 from "aws-cdk-lib/aws-s3";
import * as deployment from "aws-cdk-lib/aws-s3-deployment";
import type * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { CACHE, CONTENT_SECURITY_POLICY, HSTS_SECONDS, pageHeaders } from "../../../shared/messages/page-headers.ts";
import type { AwsSettings, Settings } from "../../stages.ts";
import { acknowledge, acknowledgeServicePolicy } from "../common/acknowledge.ts";
import { CLIENT_ADDRESS_HEADER, ORIGIN_KEY_HEADER } from "../common/client-address.ts";
import { keep, keepBucket } from "../common/keep.ts";
import { LOG_PREFIX } from "../data/log-bucket.ts";
import { whereNoPageIs } from "./no-page.ts";

export interface SiteProps {
  readonly settings: Settings;
  readonly aws: AwsSettings;
  readonly api: apigateway.RestApi;
  /** What the distribution shows to the firewall. */
  readonly originKey: secretsmanager.ISecret;
  /** The public logs. */
  readonly logs: s3.IBucket;
  /** The folder of the built pages (pages.ts). */
  readonly pagesDirectory: string;
}

/** Headers that the managed part of a response headers policy does not have. */
const CUSTOM_HEADERS = ["Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Permissions-Policy"] as const;
/**
 * Error answers that CloudFront would otherwise keep for ten seconds (CloudFront Developer Guide, "HTTP 4xx and 5xx").
 */
const ERRORS = [400, 403, 404, 405, 500, 502, 503, 504];
/** What precedes the names of objects in the paths of public logs. */
const API_PATH = "/api/v1";
/** The largest cache lifetime that any answer of the API names, its description's. */
const LONGEST_SECONDS = 300;

/**
 * The pages in an AWS account: a bucket behind CloudFront, and the API behind the same name, so that neither CORS nor a
 * third party is needed. The firewall stays at the API. It reads each voter's address from a header that only this
 * distribution can write.
 */
export class Site extends Construct {
  readonly distribution: cloudfront.Distribution;

  constructor(scope: Construct, id: string, props: SiteProps) {
    super(scope, id);
    const { aws } = props;
    const domain = aws.pages.domain;
    // CDK's interfaces say "absent" where its classes say "undefined", which this project's compiler tells apart.
    const bucket = new s3.Bucket(this, "Bucket", {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      ...keepBucket(aws),
    }) as s3.IBucket;
    this.distribution = new cloudfront.Distribution(this, "Distribution", {
      comment: `Voters' pages of the referendum, stage ${props.settings.stage}`,
      defaultRootObject: "index.html",
      httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
      defaultBehavior: {
        // S3 says 404 only to those who may list the bucket, and 403 to all others (S3 API Reference, "GetObject").
        // Nobody gets the list: CloudFront sends no query, and answers / with a page.
        origin: origins.S3BucketOrigin.withOriginAccessControl(bucket, {
          originAccessLevels: [cloudfront.AccessLevel.READ, cloudfront.AccessLevel.LIST],
        }),
        viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        cachePolicy: cloudfront.CachePolicy.CACHING_OPTIMIZED,
        responseHeadersPolicy: this.#headers(props.settings.stage),
        functionAssociations: [
          {
            eventType: cloudfront.FunctionEventType.VIEWER_REQUEST,
            function: new cloudfront.Function(this, "WhereNoPageIs", {
              comment: `Says where no page is, stage ${props.settings.stage}`,
              runtime: cloudfront.FunctionRuntime.JS_2_0,
              code: cloudfront.FunctionCode.fromInline(whereNoPageIs(props.pagesDirectory)),
            }),
          },
        ],
        compress: true,
      },
      // The first one whose path fits is taken.
      additionalBehaviors: { [`${API_PATH}/${LOG_PREFIX}/*`]: this.#logs(props), "/api/*": this.#api(props) },
      errorResponses: ERRORS.map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),
      ...(domain === undefined
        ? {}
        : {
            domainNames: [domain.name],
            certificate: acm.Certificate.fromCertificateArn(this, "Certificate", domain.certificateArn),
            minimumProtocolVersion: cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
          }),
    });
    // CDK asks for a root object, which there is.
    Annotations.of(this.distribution).acknowledgeWarning("@aws-cdk/aws-cloudfront-origins:listBucketSecurityRisk");
    // The policy is there.
    Annotations.of(this).acknowledgeWarning("@aws-cdk/aws-cloudfront-origins:updateImportedBucketPolicyOac");
    this.#acknowledge(bucket, domain === undefined);
    this.#upload(bucket, props);
  }

  #headers(stage: string): cloudfront.ResponseHeadersPolicy {
    const headers = pageHeaders(CACHE.page);
    return new cloudfront.ResponseHeadersPolicy(this, "Headers", {
      comment: `Security headers of the voters' pages, stage ${stage}`,
      securityHeadersBehavior: {
        contentSecurityPolicy: { contentSecurityPolicy: CONTENT_SECURITY_POLICY, override: true },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: cloudfront.HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: cloudfront.HeadersReferrerPolicy.NO_REFERRER, override: true },
        strictTransportSecurity: {
          accessControlMaxAge: Duration.seconds(HSTS_SECONDS),
          includeSubdomains: true,
          override: true,
        },
      },
      customHeadersBehavior: {
        customHeaders: CUSTOM_HEADERS.map((header) => ({ header, value: headers[header] ?? "", override: true })),
      },
    });
  }

  /** The public logs, from their bucket: votes and whoever checks a log are in no queue together. */
  #logs({ settings, logs: { bucketName } }: SiteProps): cloudfront.BehaviorOptions {
    // By its name: the bucket's own stack lets distributions of the account read it (data/log-bucket.ts).
    const bucket = s3.Bucket.fromBucketName(this, "Logs", bucketName);
    return {
      origin: origins.S3BucketOrigin.withOriginAccessControl(bucket),
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
      // As long as each object says: tiles for ever, a checkpoint for seconds.
      cachePolicy: cloudfront.CachePolicy.CACHING_OPTIMIZED,
      responseHeadersPolicy: new cloudfront.ResponseHeadersPolicy(this, "LogHeaders", {
        comment: `Headers of public logs, stage ${settings.stage}`,
        // What everybody may have, every page may read.
        corsBehavior: {
          accessControlAllowCredentials: false,
          accessControlAllowHeaders: ["*"],
          accessControlAllowMethods: ["GET", "HEAD"],
          accessControlAllowOrigins: ["*"],
          originOverride: true,
        },
        securityHeadersBehavior: {
          contentTypeOptions: { override: true },
          strictTransportSecurity: {
            accessControlMaxAge: Duration.seconds(HSTS_SECONDS),
            includeSubdomains: true,
            override: true,
          },
        },
      }),
      functionAssociations: [
        {
          eventType: cloudfront.FunctionEventType.VIEWER_REQUEST,
          function: new cloudfront.Function(this, "LogObject", {
            comment: `Finds the object of a public log, stage ${settings.stage}`,
            runtime: cloudfront.FunctionRuntime.JS_2_0,
            code: cloudfront.FunctionCode.fromInline(
              `function handler(event) { event.request.uri = event.request.uri.slice(${API_PATH.length}); return event.request; }`,
            ),
          }),
        },
      ],
    };
  }

  /** The API as it is, cached as long as its answers say and no longer. */
  #api({ settings, aws, api, originKey }: SiteProps): cloudfront.BehaviorOptions {
    const ownName = aws.domain?.name;
    const { region, urlSuffix } = Stack.of(api);
    return {
      origin: new origins.HttpOrigin(ownName ?? `${api.restApiId}.execute-api.${region}.${urlSuffix}`, {
        ...(ownName === undefined ? { originPath: `/${api.deploymentStage.stageName}` } : {}),
        protocolPolicy: cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
        originSslProtocols: [cloudfront.OriginSslPolicy.TLS_V1_2],
        customHeaders: { [ORIGIN_KEY_HEADER]: originKey.secretValue.unsafeUnwrap() },
      }),
      allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
      cachePolicy: new cloudfront.CachePolicy(this, "AsTheApiSays", {
        comment: `Answers of the API, stage ${settings.stage}`,
        minTtl: Duration.seconds(0),
        defaultTtl: Duration.seconds(0),
        maxTtl: Duration.seconds(LONGEST_SECONDS),
        // The API's answer names the origin that asked, if it is a permitted one.
        ...(settings.api.corsOrigins.length > 0
          ? { headerBehavior: cloudfront.CacheHeaderBehavior.allowList("Origin") }
          : {}),
        enableAcceptEncodingGzip: true,
        enableAcceptEncodingBrotli: true,
      }),
      originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      functionAssociations: [
        {
          eventType: cloudfront.FunctionEventType.VIEWER_REQUEST,
          function: new cloudfront.Function(this, "ClientAddress", {
            comment: "Writes the voter's address into a header, over whatever the voter has written there",
            runtime: cloudfront.FunctionRuntime.JS_2_0,
            code: cloudfront.FunctionCode.fromInline(
              `function handler(event) { event.request.headers["${CLIENT_ADDRESS_HEADER}"] = { value: event.viewer.ip }; return event.request; }`,
            ),
          }),
        },
      ],
    };
  }

  /**
   * Scripts and styles first, under names that are new; then the pages that name them. What pages named before stays.
   */
  #upload(bucket: s3.IBucket, { settings, pagesDirectory }: SiteProps): void {
    const logGroup = new logs.LogGroup(this, "UploadLog", {
      retention: settings.logRetentionDays,
      removalPolicy: keep(settings.aws),
    });
    const source = () => deployment.Source.asset(pagesDirectory);
    const assets = new deployment.BucketDeployment(this, "Assets", {
      destinationBucket: bucket,
      sources: [source()],
      logGroup,
      exclude: ["*"],
      include: ["assets/*"],
      prune: false,
      cacheControl: [deployment.CacheControl.fromString(CACHE.asset)],
    });
    const pages = new deployment.BucketDeployment(this, "Pages", {
      destinationBucket: bucket,
      sources: [source()],
      logGroup,
      exclude: ["assets/*"],
      prune: false,
      cacheControl: [deployment.CacheControl.fromString(CACHE.page)],
      distribution: this.distribution,
      distributionPaths: ["/*"],
    });
    pages.node.addDependency(assets);
    this.#acknowledgeUploader(bucket);
  }

  /** Accepts the permissions of the function that uploads the pages: CDK chose them, and even their names. */
  #acknowledgeUploader(bucket: s3.IBucket): void {
    const stack = Stack.of(this);
    const account = Token.isUnresolved(stack.account) ? "<AWS::AccountId>" : stack.account;
    const own = bucket.node.defaultChild instanceof s3.CfnBucket ? stack.getLogicalId(bucket.node.defaultChild) : "";
    const wildcards = [
      ...["s3:List*", "s3:GetObject*", "s3:GetBucket*", "s3:DeleteObject*", "s3:Abort*"].map(
        (name) => `Action::${name}`,
      ),
      ...["*", `<${own}.Arn>/*`, `arn:aws:s3:::cdk-hnb659fds-assets-${account}-${stack.region}/*`].map(
        (name) => `Resource::${name}`,
      ),
    ];
    const why =
      "CDK's own function that uploads the pages while a stage is deployed: CDK chooses its runtime and role.";
    for (const one of stack.node.children.filter(({ node }) => node.id.startsWith("Custom::CDKBucketDeployment"))) {
      acknowledge(one, "L1", why);
      for (const wildcard of wildcards) acknowledge(one, `IAM5[${wildcard}]`, why);
      acknowledgeServicePolicy(one, "AWSLambdaBasicExecutionRole", why);
    }
  }

  #acknowledge(bucket: s3.IBucket, isWithoutName: boolean): void {
    acknowledge(
      bucket,
      "S1",
      "It holds the public pages of a release and nothing else: who reads them is nobody's business.",
    );
    const { distribution } = this;
    acknowledge(distribution, "CFR1", "Voters who are abroad on voting day vote too, so that no country is shut out.");
    acknowledge(
      distribution,
      "CFR2",
      "The web ACL is at the API, where votes are counted by client; the pages are static files without a request that could do harm.",
    );
    acknowledge(
      distribution,
      "CFR3",
      "An access log would hold voters' addresses beside the paths of their receipts; the API's own log has neither.",
    );
    if (isWithoutName) {
      acknowledge(
        distribution,
        "CFR4",
        "Without their own name, the pages use CloudFront's certificate, whose protocols cannot be chosen; aws.pages.domain gives them one.",
      );
    }
  }
}
