import { readdirSync } from "node:fs";
import { CfnOutput, RemovalPolicy } from "aws-cdk-lib";
import * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as iam from "aws-cdk-lib/aws-iam";
import * as s3 from "aws-cdk-lib/aws-s3";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { Construct } from "constructs";
import { homeFrom, missingPage } from "../../../shared/messages/missing-page.ts";
import { CACHE, missingPageHeaders, pageHeaders } from "../../../shared/messages/page-headers.ts";
import type { ReferendumApi } from "../api/referendum-api.ts";
import type { ServiceFunction } from "../lambda/service-function.ts";

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

    const route = (resource: apigateway.IResource, file: File) => {
      for (const method of ["GET", "HEAD"]) this.#addMethod(resource, method, bucket, role, file);
    };
    const { root } = api.api;
    route(root, page("index.html", "//"));
    for (const { name } of readdirSync(pagesDirectory, { withFileTypes: true }).filter((one) => one.isFile())) {
      route(api.withFallback(root.addResource(name)), page(name, `/${name}/`));
    }
    const assets = api.withFallback(root.addResource("assets"));
    route(api.withFallback(assets.addResource("{file}")), ASSETS);
  }

  #addMethod(
    resource: apigateway.IResource,
    method: string,
    bucket: s3.IBucket,
    credentialsRole: iam.IRole,
    { folder, name, without, cache, missing }: File,
  ): void {
    const headers = { "Content-Type": "integration.response.header.Content-Type", ...quotedAll(pageHeaders(cache)) };
    const missingHeaders = quotedAll(missing.headers);
    resource.addMethod(
      method,
      new apigateway.AwsIntegration({
        service: "s3",
        path: `${bucket.bucketName}/${folder}{file}`,
        integrationHttpMethod: method,
        options: {
          credentialsRole,
          requestParameters: { "integration.request.path.file": name },
          ...(without === undefined ? {} : { requestTemplates: { "application/json": without } }),
          integrationResponses: [
            { statusCode: "200", responseParameters: onMethod(headers, (value) => value) },
            {
              statusCode: "404",
              selectionPattern: "4\\d{2}",
              responseParameters: onMethod(missingHeaders, (value) => value),
              // By the type of what S3 says, which is XML; the other is for an answer without a type.
              responseTemplates: { "application/xml": missing.body, "application/json": missing.body },
            },
          ],
        },
      }),
      {
        ...(name.startsWith("method.") ? { requestParameters: { [name]: true } } : {}),
        methodResponses: [
          { statusCode: "200", responseParameters: onMethod(headers, () => true) },
          { statusCode: "404", responseParameters: onMethod(missingHeaders, () => true) },
        ],
      },
    );
  }
}

/** Files of the bucket that a route answers with. */
interface File {
  readonly folder: string;
  /** Where the gateway takes the file's name from. */
  readonly name: string;
  /** A mapping template that asks for a file that is not there. */
  readonly without?: string;
  readonly cache: string;
  /** The answer where there is no file. */
  readonly missing: { readonly headers: Readonly<Record<string, string>>; readonly body: string };
}

const ASSETS: File = {
  folder: "assets/",
  name: "method.request.path.file",
  cache: CACHE.asset,
  missing: {
    headers: { "Content-Type": "application/problem+json", "Cache-Control": "no-store" },
    body: NO_SUCH_FILE,
  },
};

/**
 * A page at its own address only. A REST API ignores a slash at the end of a path; from there, what the page loads and
 * asks for has no address, and no script takes a letter's code out of it. So nothing is found there, as on AWS. Of the
 * functions that could look at the end of a path, LocalStack's templates know none.
 *
 * @param name the name of its file
 * @param tooMuch what no path has that is the page's
 */
function page(name: string, tooMuch: string): File {
  return {
    folder: "",
    name: quoted(name),
    without: `#if($context.path.contains("${tooMuch}"))#set($context.requestOverride.path.file = "none")#end`,
    cache: CACHE.page,
    missing: { headers: missingPageHeaders(), body: missingPage(homeFrom(`/${name}/`)) },
  };
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

/** A fixed value of a header: between single quotes, in which its own are written as they are. */
function quoted(value: string): string {
  return `'${value}'`;
}
