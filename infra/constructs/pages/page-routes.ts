import { readdirSync } from "node:fs";
import { CfnOutput, RemovalPolicy } from "aws-cdk-lib";
import * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as iam from "aws-cdk-lib/aws-iam";
import * as s3 from "aws-cdk-lib/aws-s3";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { Construct } from "constructs";
import type { ReferendumApi } from "../api/referendum-api.ts";
import type { ServiceFunction } from "../lambda/service-function.ts";
import { CACHE, pageHeaders } from "./headers.ts";

export interface PageRoutesProps {
  readonly api: ReferendumApi;
  /** Answers where neither the API nor a page is. */
  readonly fallback: ServiceFunction;
  /** The folder of the built pages (pages.ts). */
  readonly pagesDirectory: string;
}

/** The metadata that names the folder of a bucket's content. The place that runs the template copies that folder. */
const PAGES_METADATA = "referendum:pages";

/** As every problem of the API; a script or a style that is not there is asked for by a page, not by a person. */
const NO_SUCH_FILE = JSON.stringify({
  type: "urn:referendum:problem:not-found",
  title: "Not found",
  status: 404,
  detail: "There is no such file.",
});

/**
 * The pages on the stages local and localstack: files in a bucket, each with a route of the API, so that pages and API
 * have one origin. In an AWS account CloudFront does this (site.ts).
 */
export class PageRoutes extends Construct {
  constructor(scope: Construct, id: string, { api, fallback, pagesDirectory }: PageRoutesProps) {
    super(scope, id);
    // A browser that looks for a page is shown that there is none.
    fallback.function.addEnvironment("PAGES", "beside");
    // CDK's interfaces say "absent" where its classes say "undefined", which this project's compiler tells apart.
    const bucket = new s3.Bucket(this, "Bucket", { removalPolicy: RemovalPolicy.DESTROY }) as s3.IBucket;
    const files = new Asset(this, "Files", { path: pagesDirectory });
    if (bucket.node.defaultChild instanceof s3.CfnBucket) {
      bucket.node.defaultChild.addMetadata(PAGES_METADATA, files.assetPath);
    }
    new CfnOutput(this, "Name", { value: bucket.bucketName }).overrideLogicalId("PagesBucketName");
    const role = new iam.Role(this, "Reader", {
      assumedBy: new iam.ServicePrincipal("apigateway.amazonaws.com"),
      description: "Reads the pages",
    });
    role.addToPolicy(new iam.PolicyStatement({ actions: ["s3:GetObject"], resources: [bucket.arnForObjects("*")] }));

    const route = (resource: apigateway.IResource, key: string, cache: string) => {
      for (const method of ["GET", "HEAD"]) this.#addMethod(resource, method, { bucket, role, key, cache });
    };
    const { root } = api.api;
    route(root, "index.html", CACHE.page);
    for (const name of readdirSync(pagesDirectory, { withFileTypes: true })) {
      if (name.isFile()) route(api.withFallback(root.addResource(name.name)), name.name, CACHE.page);
    }
    const assets = api.withFallback(root.addResource("assets"));
    route(api.withFallback(assets.addResource("{file}")), "assets/{file}", CACHE.asset);
  }

  #addMethod(
    resource: apigateway.IResource,
    method: string,
    of: { bucket: s3.IBucket; role: iam.IRole; key: string; cache: string },
  ): void {
    const headers = Object.entries(pageHeaders(of.cache));
    const isParameter = of.key.includes("{file}");
    const type = "method.response.header.Content-Type";
    resource.addMethod(
      method,
      new apigateway.AwsIntegration({
        service: "s3",
        path: `${of.bucket.bucketName}/${of.key}`,
        integrationHttpMethod: method,
        options: {
          credentialsRole: of.role,
          ...(isParameter
            ? { requestParameters: { "integration.request.path.file": "method.request.path.file" } }
            : {}),
          integrationResponses: [
            {
              statusCode: "200",
              responseParameters: {
                [type]: "integration.response.header.Content-Type",
                ...Object.fromEntries(
                  headers.map(([name, value]) => [`method.response.header.${name}`, quoted(value)]),
                ),
              },
            },
            {
              statusCode: "404",
              selectionPattern: "4\\d{2}",
              responseParameters: {
                [type]: quoted("application/problem+json"),
                "method.response.header.Cache-Control": quoted("no-store"),
              },
              // By the type of what S3 says, which is XML; the other is for an answer without a type.
              responseTemplates: { "application/xml": NO_SUCH_FILE, "application/json": NO_SUCH_FILE },
            },
          ],
        },
      }),
      {
        ...(isParameter ? { requestParameters: { "method.request.path.file": true } } : {}),
        methodResponses: [
          {
            statusCode: "200",
            responseParameters: Object.fromEntries(
              [type, ...headers.map(([name]) => `method.response.header.${name}`)].map((name) => [name, true]),
            ),
          },
          {
            statusCode: "404",
            responseParameters: { [type]: true, "method.response.header.Cache-Control": true },
          },
        ],
      },
    );
  }
}

/** A fixed value of a header: between single quotes, in which its own are written as they are. */
function quoted(value: string): string {
  return `'${value}'`;
}
