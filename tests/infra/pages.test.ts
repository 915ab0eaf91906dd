import { describe, expect, it } from "vitest";
import { settingsOf } from "../../infra/stages.ts";
import { CONTENT_SECURITY_POLICY, missingPageHeaders, pageHeaders } from "../../shared/messages/page-headers.ts";
import { at, listAt, ofType, synthesize, textAt, theOnly } from "./support/synth.ts";

describe("the content security policy", () => {
  it("lets in nothing that is inline, made from text, or somebody else's", () => {
    expect(CONTENT_SECURITY_POLICY).toMatch(/^default-src 'none'; /);
    expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe|\*|https?:|data:|blob:/);
  });
});

describe.each(["local", "localstack"] as const)("pages on %s", (stage) => {
  const synthesized = synthesize(stage);
  // Those of public logs have their own test (public-log.test.ts).
  const files = ofType(synthesized, "AWS::ApiGateway::Method").filter(
    ({ properties }) =>
      at(properties, "Integration", "Type") === "AWS" &&
      !JSON.stringify(at(properties, "Integration", "Uri")).includes("StoresPublicLog"),
  );

  it("are files of a bucket that only the API reads, each by GET and HEAD", () => {
    // The other buckets are the archive and the public logs.
    const buckets = ofType(synthesized, "AWS::S3::Bucket").map(({ logicalId }) => logicalId);
    expect(buckets.filter((id) => !id.startsWith("Stores"))).toHaveLength(1);
    // The root, each page of the stub, and the assets.
    expect(files).toHaveLength(2 * 5);
    for (const { properties } of files) {
      expect(JSON.stringify(at(properties, "Integration", "Uri"))).toContain(":s3:path/");
      expect(at(properties, "Integration", "Credentials")).toBeDefined();
    }
  });

  /** The answer of a method where S3 has no file, and what it asks S3 for instead at some paths. */
  const missingOf = ({ properties }: (typeof files)[number]) =>
    at(properties, "Integration", "IntegrationResponses", 1);
  const ofAssets = ({ properties }: (typeof files)[number]) =>
    JSON.stringify(at(properties, "Integration", "Uri")).includes("/assets/");

  it("answer a missing script with 404, as a problem of the API", () => {
    expect(files.filter(ofAssets)).toHaveLength(2);
    for (const file of files.filter(ofAssets)) {
      expect(missingOf(file)).toMatchObject({
        StatusCode: "404",
        ResponseParameters: {
          "method.response.header.Content-Type": "'application/problem+json'",
          "method.response.header.Cache-Control": "'no-store'",
        },
        ResponseTemplates: { "application/xml": expect.stringContaining('"status":404') },
      });
    }
  });

  it("are not found behind a slash, with the headers of pages", () => {
    for (const file of files.filter((one) => !ofAssets(one))) {
      expect(textAt(file.properties, "Integration", "RequestTemplates", "application/json")).toMatch(
        /^#if\(\$context\.path\.contains\("\/(?:[\w.]+)?\/"\)\)#set\(\$context\.requestOverride\.path\.file = "none"\)#end$/,
      );
      const missing = missingOf(file);
      expect(missing).toMatchObject({
        StatusCode: "404",
        ResponseTemplates: { "application/xml": expect.stringContaining('href="../?lang=en"') },
      });
      for (const [name, value] of Object.entries(missingPageHeaders())) {
        expect(textAt(missing, "ResponseParameters", `method.response.header.${name}`), name).toBe(`'${value}'`);
      }
    }
  });

  it("have one function that answers where no page is", () => {
    const functions = ofType(synthesized, "AWS::Lambda::Function");
    const beside = functions.filter(
      ({ properties }) => at(properties, "Environment", "Variables", "PAGES") === "beside",
    );
    expect(beside.map(({ properties }) => textAt(properties, "FunctionName"))).toEqual([
      expect.stringMatching(/-fallback$/),
    ]);
  });

  it("have every security header on every answer", () => {
    for (const { properties } of files) {
      const found = at(properties, "Integration", "IntegrationResponses", 0, "ResponseParameters");
      expect(textAt(found, "method.response.header.Content-Security-Policy")).toBe(`'${CONTENT_SECURITY_POLICY}'`);
      for (const name of [
        "Strict-Transport-Security",
        "Referrer-Policy",
        "Permissions-Policy",
        "X-Content-Type-Options",
      ]) {
        expect(textAt(found, `method.response.header.${name}`), name).toMatch(/^'.+'$/);
      }
    }
  });
});

describe.each(["dev", "prod"] as const)("pages on %s", (stage) => {
  const synthesized = synthesize(stage);
  const { properties } = theOnly(synthesized, "AWS::CloudFront::Distribution");
  const config = at(properties, "DistributionConfig");
  /** What a cache behaviour runs at the edge, to be run here. */
  const atTheEdge = (behavior: unknown): ((event: unknown) => unknown) => {
    const arn = listAt(behavior, "FunctionAssociations").map((one) => textAt(one, "FunctionARN", "Fn::GetAtt", 0))[0];
    const found = ofType(synthesized, "AWS::CloudFront::Function").find(({ logicalId }) => logicalId === arn);
    const code = textAt(found?.properties, "FunctionCode");
    // The largest function that CloudFront takes (CloudFront Developer Guide, "Quotas on CloudFront Functions").
    expect(code.length).toBeLessThan(10_240);
    return new Function(`${code}; return handler;`)();
  };

  it("come from a bucket that nobody reads but the distribution", () => {
    const bucket = ofType(synthesized, "AWS::S3::Bucket").find(({ stack }) => stack.endsWith("-Pages"));
    expect(bucket?.properties).toMatchObject({
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true },
    });
    // One for the pages, one for the public logs.
    expect(ofType(synthesized, "AWS::CloudFront::OriginAccessControl")).toHaveLength(2);
    expect(at(config, "DefaultCacheBehavior")).toMatchObject({
      ViewerProtocolPolicy: "redirect-to-https",
      Compress: true,
    });
    expect(at(config, "Logging")).toBeUndefined();
  });

  it("have every security header", () => {
    const used = textAt(config, "DefaultCacheBehavior", "ResponseHeadersPolicyId", "Ref");
    const policies = ofType(synthesized, "AWS::CloudFront::ResponseHeadersPolicy");
    const policy = at(policies.find(({ logicalId }) => logicalId === used)?.properties, "ResponseHeadersPolicyConfig");
    expect(at(policy, "SecurityHeadersConfig")).toMatchObject({
      ContentSecurityPolicy: { ContentSecurityPolicy: CONTENT_SECURITY_POLICY, Override: true },
      ContentTypeOptions: { Override: true },
      FrameOptions: { FrameOption: "DENY" },
      ReferrerPolicy: { ReferrerPolicy: "no-referrer" },
      StrictTransportSecurity: { AccessControlMaxAgeSec: 63_072_000, IncludeSubdomains: true },
    });
    const custom = listAt(policy, "CustomHeadersConfig", "Items");
    expect(custom).toContainEqual({
      Header: "Permissions-Policy",
      Value: pageHeaders("")["Permissions-Policy"],
      Override: true,
    });
  });

  it("say in their headers what browsers are to refuse", () => {
    expect(pageHeaders("no-cache")).toEqual({
      "Cache-Control": "no-cache",
      "Content-Security-Policy": expect.stringMatching(
        /^default-src 'none'; script-src 'self' 'sha256-[^']+'; style-src 'self' 'sha256-[^']+'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';$/,
      ),
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Resource-Policy": "same-origin",
      "Permissions-Policy":
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
      "Referrer-Policy": "no-referrer",
      "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
      "X-Content-Type-Options": "nosniff",
      "X-Frame-Options": "DENY",
    });
  });

  it("have the API under the same name, over TLS, cached only as long as it says", () => {
    const [logs, api, ...others] = listAt(config, "CacheBehaviors");
    expect(others).toEqual([]);
    // Before the API's: the first one that fits is taken.
    expect(logs).toMatchObject({ PathPattern: "/api/v1/log/*", ViewerProtocolPolicy: "https-only" });
    expect(api).toMatchObject({ PathPattern: "/api/*", ViewerProtocolPolicy: "https-only" });
    expect(listAt(api, "AllowedMethods")).toContain("POST");
    const policies = ofType(synthesized, "AWS::CloudFront::CachePolicy");
    expect(policies.map((policy) => at(policy.properties, "CachePolicyConfig", "DefaultTTL"))).toEqual([0]);
    expect(policies.map((policy) => at(policy.properties, "CachePolicyConfig", "MinTTL"))).toEqual([0]);
    for (const error of listAt(config, "CustomErrorResponses")) expect(at(error, "ErrorCachingMinTTL")).toBe(0);
  });

  it("answer unknown addresses at the edge with the headers of pages, and leave the API's answers as they are", () => {
    const handler = atTheEdge(at(config, "DefaultCacheBehavior"));
    for (const uri of [
      "/",
      "/index.html",
      "/vote.html",
      "/icon.svg",
      "/assets/page.js",
      "/assets/of-an-older-one.js",
    ]) {
      expect(handler({ request: { uri } }), uri).toEqual({ uri });
    }
    for (const uri of ["/nothing", "/vote.html/", "/a/b", "/vote"]) {
      expect(handler({ request: { uri } }), uri).toMatchObject({
        statusCode: 404,
        headers: {
          "content-type": { value: "text/html; charset=utf-8" },
          "cache-control": { value: "no-store" },
          "content-security-policy": { value: CONTENT_SECURITY_POLICY },
          ...Object.fromEntries(Object.entries(missingPageHeaders()).map(([name, value]) => [name, { value }])),
        },
        body: { data: expect.stringContaining('href="/?lang=en"') },
      });
    }
    // CloudFront would replace the API's problems by its error page too.
    for (const error of listAt(config, "CustomErrorResponses")) expect(at(error, "ResponsePagePath")).toBeUndefined();
  });

  it("answer a missing script with 404, for which the distribution must be allowed to list the bucket", () => {
    const statements = ofType(synthesized, "AWS::S3::BucketPolicy")
      .filter(({ stack }) => stack.endsWith("-Pages"))
      .flatMap((policy) => listAt(policy.properties, "PolicyDocument", "Statement"))
      .filter((statement) => JSON.stringify(at(statement, "Principal") ?? "").includes("cloudfront"));
    const actions = statements.flatMap((statement) => at(statement, "Action"));
    expect(actions.sort()).toEqual(["s3:GetObject", "s3:ListBucket"]);
  });

  it("have the public logs beside them, each object as its bucket names it", () => {
    const [logs] = listAt(config, "CacheBehaviors");
    const handler = atTheEdge(logs);
    expect(handler({ request: { uri: "/api/v1/log/L2025-001/tile/0/x001/234.p/5" } })).toEqual({
      uri: "/log/L2025-001/tile/0/x001/234.p/5",
    });
    const used = textAt(logs, "ResponseHeadersPolicyId", "Ref");
    const policy = ofType(synthesized, "AWS::CloudFront::ResponseHeadersPolicy").find(
      ({ logicalId }) => logicalId === used,
    );
    expect(at(policy?.properties, "ResponseHeadersPolicyConfig")).toMatchObject({
      CorsConfig: {
        AccessControlAllowOrigins: { Items: ["*"] },
        AccessControlAllowMethods: { Items: ["GET", "HEAD"] },
      },
      SecurityHeadersConfig: { ContentTypeOptions: { Override: true } },
    });
    // The bucket lets distributions of this account read what is public, and nothing else.
    const statements = ofType(synthesized, "AWS::S3::BucketPolicy")
      .filter(({ logicalId }) => logicalId.startsWith("StoresPublicLog"))
      .flatMap(({ properties: found }) => listAt(found, "PolicyDocument", "Statement"))
      .filter((statement) => JSON.stringify(at(statement, "Principal") ?? "").includes("cloudfront"));
    expect(statements.flatMap((statement) => at(statement, "Action")).sort()).toEqual([
      "s3:GetObject",
      "s3:ListBucket",
    ]);
    for (const statement of statements) {
      expect(at(statement, "Condition", "StringEquals", "aws:SourceAccount")).toEqual({ Ref: "AWS::AccountId" });
    }
  });

  it("tell the firewall each voter's address in a header, with a key that proves who wrote it", () => {
    const handler = atTheEdge(listAt(config, "CacheBehaviors")[1]);
    // The code of the edge runs here: it replaces the header that a voter has sent.
    const headers = { "x-client-address": { value: "198.51.100.1" }, accept: { value: "*/*" } };
    expect(handler({ viewer: { ip: "203.0.113.9" }, request: { headers } })).toEqual({
      headers: { "x-client-address": { value: "203.0.113.9" }, accept: { value: "*/*" } },
    });
    const api = listAt(config, "Origins").find((origin) => at(origin, "OriginCustomHeaders") !== undefined);
    const [key] = listAt(api, "OriginCustomHeaders");
    expect(at(key, "HeaderName")).toBe("x-origin-key");
    const rules = listAt(theOnly(synthesized, "AWS::WAFv2::WebACL").properties, "Rules");
    const named = (name: string) =>
      at(
        rules.find((rule) => at(rule, "Name") === name),
        "Statement",
        "RateBasedStatement",
      );
    for (const name of ["votes-per-address", "requests-per-address"]) {
      const [direct, behind] = [named(name), named(`${name}-of-pages`)];
      expect(at(direct, "Limit")).toBe(at(behind, "Limit"));
      expect(JSON.stringify(at(behind, "CustomKeys"))).toContain('"x-client-address"');
      expect(JSON.stringify(at(direct, "CustomKeys") ?? [])).not.toContain("x-client-address");
      // Only with the key is the header believed, and with it nothing else counts.
      expect(JSON.stringify(at(behind, "ScopeDownStatement"))).toContain('"x-origin-key"');
      expect(JSON.stringify(at(direct, "ScopeDownStatement"))).toContain("NotStatement");
    }
  });
});

describe("pages that are turned off", () => {
  it("leave the firewall as it was", () => {
    const synthesized = synthesize("dev", { aws: { pages: { enabled: false } } });
    expect(synthesized.resources.filter(({ type }) => type.startsWith("AWS::CloudFront"))).toEqual([]);
    const rules = listAt(theOnly(synthesized, "AWS::WAFv2::WebACL").properties, "Rules");
    expect(rules.filter((rule) => textAt(rule, "Name").endsWith("-of-pages"))).toEqual([]);
  });

  it("are demanded where the API asks for client certificates", () => {
    const domain = { name: "api.example.org", certificateArn: "arn:-", mutualTlsTruststore: "s3://b/t.pem" };
    expect(() => settingsOf("dev", { aws: { domain } })).toThrow("client certificates");
    expect(() => settingsOf("dev", { aws: { domain, pages: { enabled: false } } })).not.toThrow();
    const elsewhere = {
      pages: { domain: { name: "vote.example.org", certificateArn: "arn:aws:acm:ca-central-1:1:c" } },
    };
    expect(() => settingsOf("dev", { aws: elsewhere })).toThrow("us-east-1");
  });
});
