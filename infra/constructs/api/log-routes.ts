import * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as iam from "aws-cdk-lib/aws-iam";
import type * as s3 from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { LOG_FILE_PATHS } from "../../../shared/messages/routes.ts";
import { grantLogs, LOG_PREFIX } from "../data/log-bucket.ts";
import type { ReferendumApi } from "./referendum-api.ts";

export interface LogRoutesProps {
  readonly api: ReferendumApi;
  /** The public logs. */
  readonly logs: s3.Bucket;
}

const NO_SUCH_FILE = JSON.stringify({
  type: "urn:referendum:problem:not-found",
  title: "Not found",
  status: 404,
  detail: "There is no such file of a public log. A law without a form has no log, and a draft has none yet.",
});
/** What everybody may have, every page may read. */
const HEADERS = { "Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff" };
/** How long what changes may be kept. */
const CHANGING = "public, max-age=5";
const IMMUTABLE = "public, max-age=31536000, immutable";

/**
 * The public logs under the API: files of a bucket. Tiles are bytes, and the gateway is told so; everything else is
 * text. In an AWS account CloudFront reads the bucket itself (constructs/pages/site.ts), and this is for those who ask
 * the API under its own name.
 */
export class LogRoutes extends Construct {
  constructor(scope: Construct, id: string, { api, logs }: LogRoutesProps) {
    super(scope, id);
    const role = new iam.Role(this, "Reader", {
      assumedBy: new iam.ServicePrincipal("apigateway.amazonaws.com"),
      description: "Reads the public logs",
    });
    grantLogs(role, logs, ["s3:GetObject"]);
    for (const path of LOG_FILE_PATHS) {
      const areTiles = path.endsWith("/tile/{proxy+}");
      const resource = api.api.root.resourceForPath(path);
      for (const method of ["GET", "HEAD"]) {
        const folder = areTiles ? "{law}/tile/{file}" : "{law}/{file}";
        addMethod(resource, method, `${logs.bucketName}/${LOG_PREFIX}/${folder}`, role, areTiles);
      }
      for (
        let at: apigateway.IResource | undefined = resource;
        at !== undefined && !api.hasFallback(at);
        at = at.parentResource
      ) {
        api.withFallback(at);
      }
    }
  }
}

function addMethod(
  resource: apigateway.IResource,
  method: string,
  path: string,
  credentialsRole: iam.IRole,
  areTiles: boolean,
): void {
  const headers = {
    "Content-Type": "integration.response.header.Content-Type",
    "Cache-Control": areTiles ? quoted(IMMUTABLE) : quoted(CHANGING),
    ...quotedAll(HEADERS),
  };
  const missing = quotedAll({ ...HEADERS, "Content-Type": "application/problem+json", "Cache-Control": "no-store" });
  resource.addMethod(
    method,
    new apigateway.AwsIntegration({
      service: "s3",
      path,
      integrationHttpMethod: method,
      options: {
        credentialsRole,
        requestParameters: {
          "integration.request.path.law": "method.request.path.law_id",
          "integration.request.path.file": "method.request.path.proxy",
        },
        integrationResponses: [
          {
            statusCode: "200",
            responseParameters: onMethod(headers, (value) => value),
            // Else bytes would be read as text (API Gateway Developer Guide, "Content type conversions").
            ...(areTiles ? { contentHandling: apigateway.ContentHandling.CONVERT_TO_BINARY } : {}),
          },
          {
            statusCode: "404",
            selectionPattern: "4\\d{2}",
            responseParameters: onMethod(missing, (value) => value),
            // By the type of what S3 says, which is XML; the other is for an answer without a type.
            responseTemplates: { "application/xml": NO_SUCH_FILE, "application/json": NO_SUCH_FILE },
          },
        ],
      },
    }),
    {
      requestParameters: { "method.request.path.law_id": true, "method.request.path.proxy": true },
      methodResponses: [
        { statusCode: "200", responseParameters: onMethod(headers, () => true) },
        { statusCode: "404", responseParameters: onMethod(missing, () => true) },
      ],
    },
  );
}

/** What a method's response says of each of its headers. */
function onMethod<T>(headers: Readonly<Record<string, string>>, say: (value: string) => T): Record<string, T> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [`method.response.header.${name}`, say(value)]),
  );
}

function quotedAll(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, quoted(value)]));
}

/** A fixed value of a header. */
function quoted(value: string): string {
  return `'${value}'`;
}
