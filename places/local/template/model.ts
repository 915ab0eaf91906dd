import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { type ApiModel, readApis } from "./apis.ts";
import { type BucketReader, filesOf } from "./file-integration.ts";
import { type References, resolveIntrinsics } from "./intrinsics.ts";
import {
  type EmulatedType,
  NOT_EMULATED,
  type PropertiesOf,
  RESOURCE_SCHEMAS,
  type Template,
  templateSchema,
} from "./schemas.ts";

/** The region and the id of the emulated account. */
export const ACCOUNT = "000000000000";
export const REGION = "ca-central-1";
const ROOT_RESOURCE = "root";

export interface FunctionModel {
  /** The last part of its name: `ingest`, `validate`, … */
  readonly shortName: string;
  readonly name: string;
  readonly arn: string;
  /** The bundle that `Handler` names. */
  readonly modulePath: string;
  readonly exportName: string;
  readonly timeoutMs: number;
  readonly memoryMiB: number;
  readonly environment: Readonly<Record<string, string>>;
}

export interface QueueModel {
  readonly name: string;
  readonly url: string;
  readonly arn: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface MappingModel {
  readonly id: string;
  readonly queueArn: string;
  readonly functionName: string;
  readonly batchSize: number;
  readonly windowMs: number;
  readonly maximumConcurrency: number;
  readonly reportsItemFailures: boolean;
  readonly enabled: boolean;
}

/** A function that is called again and again. */
export interface ScheduleModel {
  readonly functionName: string;
  readonly everyMs: number;
  /** The event; undefined: one of EventBridge. */
  readonly input: string | undefined;
}

export interface TableModel extends Pick<PropertiesOf<"AWS::DynamoDB::Table">, "AttributeDefinitions" | "KeySchema"> {
  readonly name: string;
}

export interface SecretModel {
  readonly name: string;
  readonly arn: string;
  readonly generate: PropertiesOf<"AWS::SecretsManager::Secret">["GenerateSecretString"];
}

/** The contents of a template, in terms of this machine. */
export interface StackModel {
  readonly functions: readonly FunctionModel[];
  readonly queues: readonly QueueModel[];
  readonly mappings: readonly MappingModel[];
  readonly tables: readonly TableModel[];
  readonly secrets: readonly SecretModel[];
  readonly schedules: readonly ScheduleModel[];
  /** The names of the buckets that functions write to. */
  readonly objectBuckets: readonly string[];
  /** In the template's order. */
  readonly apis: readonly ApiModel[];
  readonly outputs: Readonly<Record<string, string>>;
}

export interface ModelOptions {
  readonly stackName: string;
  /** The folder that CDK synthesized to, with the functions' assets. */
  readonly assemblyDirectory: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Where the queues answer, for their URLs: `http://127.0.0.1:4566`. */
  readonly sqsEndpoint: string;
  /** Reads an object of a bucket that functions write to. */
  readonly readObject: (bucket: string, key: string) => Promise<Uint8Array | undefined>;
  /**
   * The addresses of the APIs, by the names of the outputs that say where they are. They replace the values in the
   * template, which name hosts of AWS.
   */
  readonly apiUrls: Readonly<Record<string, string>>;
}

/**
 * Reads a synthesized template.
 *
 * @param json the template
 * @throws Error naming every resource type, property and function of the template language that cannot be run here
 */
export function readTemplate(json: unknown, options: ModelOptions): StackModel {
  const template = templateSchema.parse(json);
  const references = referencesOf(template, options);
  const problems: string[] = [];
  const all = new Map<EmulatedType, { id: string; properties: unknown; metadata: Record<string, unknown> }[]>();
  for (const [id, resource] of Object.entries(template.Resources)) {
    if (resource.Type in NOT_EMULATED) continue;
    if (!isEmulated(resource.Type)) {
      problems.push(`${id}: the local runtime cannot run ${resource.Type}`);
      continue;
    }
    try {
      if (resource.Condition !== undefined) throw new Error(`${id}: conditions are not emulated`);
      const resolved = resolveIntrinsics(withoutUnused(resource.Properties), references, id);
      const parsed = RESOURCE_SCHEMAS[resource.Type].safeParse(resolved);
      if (!parsed.success) throw new Error(`${id} (${resource.Type}): ${z.prettifyError(parsed.error)}`);
      const list = all.get(resource.Type) ?? [];
      list.push({ id, properties: parsed.data, metadata: resource.Metadata });
      all.set(resource.Type, list);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (problems.length > 0) throw new Error(`This template cannot run here:\n- ${problems.join("\n- ")}`);

  const each = <T extends EmulatedType>(type: T) =>
    (all.get(type) ?? []).map(({ id, properties, metadata }) => ({
      id,
      metadata,
      // It was parsed above. Parsing it again gives the type without a cast.
      properties: RESOURCE_SCHEMAS[type].parse(properties) as PropertiesOf<T>,
    }));
  const attribute = (id: string, name: string) => references.attribute(id, name) ?? "";
  const ref = (id: string) => references.ref(id) ?? "";

  const functions = each("AWS::Lambda::Function").map(({ id, properties, metadata }): FunctionModel => {
    const asset = z.string().safeParse(metadata["aws:asset:path"]);
    if (!asset.success) throw new Error(`${id}: its code is not an asset of this app`);
    const [file, exportName] = properties.Handler.split(".");
    return {
      shortName: properties.FunctionName.split("-").at(-1) ?? properties.FunctionName,
      name: properties.FunctionName,
      arn: attribute(id, "Arn"),
      modulePath: join(options.assemblyDirectory, asset.data, `${file}.mjs`),
      exportName: exportName ?? "handler",
      timeoutMs: properties.Timeout * 1000,
      memoryMiB: properties.MemorySize,
      environment: properties.Environment?.Variables ?? {},
    };
  });
  const isOfObjects = (metadata: Record<string, unknown>) => "referendum:objects" in metadata;
  const allBuckets = each("AWS::S3::Bucket");
  // By name: how its content is read.
  const buckets = new Map(
    allBuckets.map(({ id, metadata }): readonly [string, BucketReader] => {
      if (isOfObjects(metadata)) return [ref(id), (key) => options.readObject(ref(id), key)];
      const folder = z.string().safeParse(metadata["referendum:pages"]);
      if (!folder.success) throw new Error(`${id}: nothing says where its content lies`);
      return [ref(id), filesOf(join(options.assemblyDirectory, folder.data))];
    }),
  );
  const apis = readApis(
    {
      apis: each("AWS::ApiGateway::RestApi").map(({ id, properties }) => ({ ref: ref(id), properties })),
      resources: each("AWS::ApiGateway::Resource"),
      methods: each("AWS::ApiGateway::Method"),
      stages: each("AWS::ApiGateway::Stage"),
      gatewayResponses: each("AWS::ApiGateway::GatewayResponse"),
    },
    functions,
    buckets,
  );
  return {
    functions,
    queues: each("AWS::SQS::Queue").map(({ id, properties }) => ({
      name: attribute(id, "QueueName"),
      url: ref(id),
      arn: attribute(id, "Arn"),
      attributes: {
        VisibilityTimeout: String(properties.VisibilityTimeout),
        MessageRetentionPeriod: String(properties.MessageRetentionPeriod),
        ...(properties.RedrivePolicy && { RedrivePolicy: JSON.stringify(properties.RedrivePolicy) }),
      },
    })),
    mappings: each("AWS::Lambda::EventSourceMapping").map(({ id, properties }) => ({
      id: ref(id),
      queueArn: properties.EventSourceArn,
      functionName: properties.FunctionName,
      batchSize: properties.BatchSize,
      windowMs: properties.MaximumBatchingWindowInSeconds * 1000,
      maximumConcurrency: properties.ScalingConfig?.MaximumConcurrency ?? 2,
      reportsItemFailures: properties.FunctionResponseTypes !== undefined,
      enabled: properties.Enabled,
    })),
    tables: each("AWS::DynamoDB::Table").map(({ id, properties }) => ({ name: ref(id), ...properties })),
    secrets: each("AWS::SecretsManager::Secret").map(({ id, properties }) => ({
      name: properties.Name ?? `${options.stackName}-${id}`,
      arn: ref(id),
      generate: properties.GenerateSecretString,
    })),
    schedules: each("AWS::Events::Rule").map((rule) => scheduleOf(rule, functions)),
    objectBuckets: allBuckets.filter(({ metadata }) => isOfObjects(metadata)).map(({ id }) => ref(id)),
    apis,
    outputs: {
      ...Object.fromEntries(
        Object.entries(template.Outputs).map(([name, { Value }]) => [
          name,
          String(resolveIntrinsics(Value, references, `output ${name}`)),
        ]),
      ),
      ...Object.fromEntries(Object.entries(options.apiUrls).map(([name, url]) => [name, `${url}/`])),
    },
  };
}

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

interface Rule {
  readonly id: string;
  readonly properties: PropertiesOf<"AWS::Events::Rule">;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** EventBridge counts in minutes; the metadata may say how many seconds it is on a developer's machine. */
function scheduleOf({ id, properties, metadata }: Rule, functions: readonly FunctionModel[]): ScheduleModel {
  const { ScheduleExpression, Targets } = properties;
  const [{ Arn, Input }] = Targets;
  const target = functions.find(({ arn }) => arn === Arn);
  if (target === undefined) throw new Error(`${id}: ${Arn} is no function of this template`);
  const [, count, unit = ""] = /^rate\((\d+) (\w+?)s?\)$/.exec(ScheduleExpression) ?? [];
  const seconds = z.number().optional().parse(metadata["referendum:every-seconds"]);
  const everyMs = seconds === undefined ? Number(count) * (UNIT_MS[unit] ?? 0) : seconds * 1_000;
  return { functionName: target.name, everyMs, input: Input };
}

function isEmulated(type: string): type is EmulatedType {
  return type in RESOURCE_SCHEMAS;
}

/** Leaves out properties that are not used, because they may refer to things that do not exist here. */
function withoutUnused(properties: Record<string, unknown>): Record<string, unknown> {
  const { Code: _code, Role: _role, LoggingConfig: _logging, DeploymentId: _deployment, ...rest } = properties;
  return rest;
}

function referencesOf(template: Template, options: ModelOptions): References {
  const pseudo: Record<string, string> = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": options.stackName,
  };
  const named = (id: string, property: string): string => {
    const value = template.Resources[id]?.Properties[property];
    return typeof value === "string" ? value : `${options.stackName}-${id}`;
  };
  const arn = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
  const secretArn = (id: string) => arn("secretsmanager", `secret:${named(id, "Name")}`);
  return {
    ref(name) {
      const resource = template.Resources[name];
      switch (resource?.Type) {
        case undefined: {
          const fallback = template.Parameters[name]?.Default;
          return pseudo[name] ?? options.parameters[name] ?? (fallback === undefined ? undefined : String(fallback));
        }
        case "AWS::SQS::Queue":
          return `${options.sqsEndpoint}/${ACCOUNT}/${named(name, "QueueName")}`;
        case "AWS::DynamoDB::Table":
          return named(name, "TableName");
        case "AWS::Lambda::Function":
          return named(name, "FunctionName");
        case "AWS::SecretsManager::Secret":
          return secretArn(name);
        case "AWS::Lambda::EventSourceMapping":
          return uuidOf(`${options.stackName}/${name}`);
        case "AWS::ApiGateway::Stage":
          return named(name, "StageName");
        default:
          return name;
      }
    },
    attribute(name, attribute) {
      const type = template.Resources[name]?.Type;
      if (type === "AWS::SQS::Queue" && attribute === "QueueName") return named(name, "QueueName");
      if (type === "AWS::SQS::Queue" && attribute === "Arn") return arn("sqs", named(name, "QueueName"));
      if (type === "AWS::DynamoDB::Table" && attribute === "Arn")
        return arn("dynamodb", `table/${named(name, "TableName")}`);
      if (type === "AWS::Lambda::Function" && attribute === "Arn")
        return arn("lambda", `function:${named(name, "FunctionName")}`);
      if (type === "AWS::IAM::Role" && attribute === "Arn") return `arn:aws:iam::${ACCOUNT}:role/${name}`;
      if (type === "AWS::ApiGateway::RestApi" && attribute === "RootResourceId") return ROOT_RESOURCE;
      return undefined;
    },
  };
}

/** The same id at every start, so that a stored id (of a paused mapping) stays valid. */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
