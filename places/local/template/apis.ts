import { type BucketReader, type FileAnswer, readFileIntegration } from "./file-integration.ts";
import { GatewayResponses } from "./gateway-responses.ts";
import { type MockAnswer, readMock } from "./mock-integration.ts";
import type { EmulatedType, PropertiesOf } from "./schemas.ts";

interface Method {
  /** An HTTP method, or `ANY`. */
  readonly method: string;
  /** As in the template, for example `/api/v1/votes/{request_id}` or `/{proxy+}`. */
  readonly path: string;
}

/** One method of one path of an API, answered by a function, by the gateway, or with a file of a bucket. */
export type Route = Method &
  (
    | { readonly functionName: string; readonly timeoutMs: number }
    | { readonly mock: MockAnswer }
    | { readonly file: FileAnswer }
  );

/** How many requests a stage accepts: of one method of one path, or of all without a separate limit. */
export interface Throttle {
  /** `*`: all others. */
  readonly method: string;
  /** A path as in a route; `/*`: all others. */
  readonly path: string;
  readonly ratePerSecond: number;
  readonly burst: number;
}

/** A REST API. */
export interface ApiModel {
  /** Its name in the template. */
  readonly name: string;
  readonly routes: readonly Route[];
  readonly throttles: readonly Throttle[];
  readonly gatewayResponses: GatewayResponses;
}

interface Resource<T extends EmulatedType> {
  readonly id: string;
  readonly properties: PropertiesOf<T>;
}

/** The template's resources that make APIs; each names its API. */
export interface ApiResources {
  /** The APIs, and what `Ref` gives of each. */
  readonly apis: readonly {
    readonly ref: string;
    readonly properties: PropertiesOf<"AWS::ApiGateway::RestApi">;
  }[];
  readonly resources: readonly Resource<"AWS::ApiGateway::Resource">[];
  readonly methods: readonly Resource<"AWS::ApiGateway::Method">[];
  readonly stages: readonly Resource<"AWS::ApiGateway::Stage">[];
  readonly gatewayResponses: readonly Resource<"AWS::ApiGateway::GatewayResponse">[];
}

type Functions = readonly { readonly name: string; readonly arn: string }[];

/**
 * Puts together the APIs of a template, each with its own routes, limits and answers.
 *
 * @param template the resources of all APIs
 * @param functions the template's functions
 * @param buckets what reads the template's buckets, by the bucket's name
 * @returns the APIs in the template's order
 * @throws Error naming a method whose integration cannot be run here
 */
export function readApis(
  template: ApiResources,
  functions: Functions,
  buckets: ReadonlyMap<string, BucketReader>,
): ApiModel[] {
  return template.apis.map(({ ref, properties }) => {
    const ofThis = (resource: { readonly properties: { readonly RestApiId: string } }) =>
      resource.properties.RestApiId === ref;
    const methods = template.methods.filter(ofThis);
    return {
      name: properties.Name,
      routes: routesOf(template.resources.filter(ofThis), methods, functions, buckets),
      throttles: template.stages.filter(ofThis).flatMap(throttlesOf),
      gatewayResponses: new GatewayResponses(
        template.gatewayResponses.filter(ofThis).map((response) => response.properties),
      ),
    };
  });
}

function throttlesOf({ properties }: Resource<"AWS::ApiGateway::Stage">): Throttle[] {
  return properties.MethodSettings.flatMap((settings) =>
    settings.ThrottlingRateLimit === undefined
      ? []
      : {
          method: settings.HttpMethod,
          path: settings.ResourcePath.replaceAll("~1", "/").replace(/^\/{2}/, "/"),
          ratePerSecond: settings.ThrottlingRateLimit,
          burst: settings.ThrottlingBurstLimit ?? settings.ThrottlingRateLimit,
        },
  );
}

function routesOf(
  resources: readonly Resource<"AWS::ApiGateway::Resource">[],
  methods: readonly Resource<"AWS::ApiGateway::Method">[],
  functions: Functions,
  buckets: ReadonlyMap<string, BucketReader>,
): Route[] {
  const parents = new Map(resources.map(({ id, properties }) => [id, properties]));
  const pathOf = (id: string): string => {
    const resource = parents.get(id);
    return resource === undefined ? "" : `${pathOf(resource.ParentId)}/${resource.PathPart}`;
  };
  return methods.map(({ id, properties }) => {
    const method = { method: properties.HttpMethod, path: pathOf(properties.ResourceId) || "/" };
    if (properties.Integration.Type === "MOCK") return { ...method, mock: readMock(properties.Integration, id) };
    if (properties.Integration.Type === "AWS") {
      return { ...method, file: readFileIntegration(properties.Integration, buckets, id) };
    }
    const arn = /functions\/(arn:[^/]+)\/invocations$/.exec(properties.Integration.Uri)?.[1];
    const target = functions.find((candidate) => candidate.arn === arn);
    if (target === undefined) throw new Error(`${id}: no function of this template answers ${properties.HttpMethod}`);
    return { ...method, functionName: target.name, timeoutMs: properties.Integration.TimeoutInMillis };
  });
}
