import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { z } from "zod";
import { buildApplication } from "../../../infra/application.ts";
import { PROJECT_ROOT, writeStubBundles } from "../../../infra/bundles.ts";
import { writeStubPages } from "../../../infra/pages.ts";
import { type Settings, type StageName, settingsOf } from "../../../infra/stages.ts";

const Resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DependsOn: z.union([z.string(), z.array(z.string())]).default([]),
  DeletionPolicy: z.string().optional(),
  UpdatePolicy: z.unknown().optional(),
});
const Template = z.object({
  Resources: z.record(z.string(), Resource),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })).default({}),
  Parameters: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});
const Violation = z.object({
  ruleName: z.string(),
  description: z.string(),
  violatingConstructs: z.array(z.object({ constructPath: z.string() })),
  reason: z.string().optional(),
});
const Report = z.object({
  pluginReports: z.array(
    z.object({
      pluginName: z.string(),
      violations: z.array(Violation),
      suppressedViolations: z.array(Violation).default([]),
    }),
  ),
});

/** One resource of a synthesized template. */
export interface TemplateResource {
  readonly logicalId: string;
  readonly stack: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly dependsOn: readonly string[];
  readonly deletionPolicy: string | undefined;
  readonly updatePolicy: unknown;
}

/** A stage in the form that CloudFormation would get. */
export interface Synthesized {
  readonly settings: Settings;
  readonly stacks: ReadonlyArray<{ readonly name: string; readonly terminationProtection: boolean }>;
  readonly resources: readonly TemplateResource[];
  readonly outputs: ReadonlyMap<string, unknown>;
  readonly parameters: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** The templates, by the stack's name. */
  readonly templates: ReadonlyMap<string, unknown>;
  readonly report: z.output<typeof Report>["pluginReports"];
  /** What CDK would ask the account before it could deploy. */
  readonly asked: readonly string[];
}

const known = new Map<string, Synthesized>();

/**
 * Synthesizes a stage in this process, once per worker, with functions that do nothing: bundling is not needed to look
 * at templates.
 *
 * @param stage which one
 * @param overrides settings to change, as `cdk -c settings=…` would
 */
export function synthesize(stage: StageName, overrides: object = {}): Synthesized {
  const key = `${stage}-${JSON.stringify(overrides)}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const folder = mkdtempSync(join(tmpdir(), "referendum-synth-"));
  try {
    const result = synthesizeTo(folder, watched(settingsOf(stage, overrides)));
    known.set(key, result);
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Prod is refused without a recipient of its alarms. */
function watched(settings: Settings): Settings {
  const { aws } = settings;
  if (aws === undefined || settings.stage !== "prod" || aws.alarms.emails.length > 0) return settings;
  return { ...settings, aws: { ...aws, alarms: { ...aws.alarms, emails: ["operators@example.org"] } } };
}

function synthesizeTo(folder: string, settings: Settings): Synthesized {
  const bundles = join(folder, "bundles");
  writeStubBundles(bundles);
  const outdir = join(folder, "out");
  const { context } = z
    .object({ context: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(readFileSync(join(PROJECT_ROOT, "cdk.json"), "utf8")));
  const app = new App({ context, outdir, analyticsReporting: false });
  const pages = join(folder, "pages");
  writeStubPages(pages);
  buildApplication(app, settings, { bundleDirectory: bundles, pagesDirectory: pages });
  const assembly = app.synth();
  const asked = (assembly.manifest.missing ?? []).map(({ provider }) => provider);
  return { ...read(settings, assembly.stacks, outdir), asked };
}

function read(
  settings: Settings,
  stacks: ReadonlyArray<{ stackName: string; template: unknown; terminationProtection?: boolean }>,
  outdir: string,
): Omit<Synthesized, "asked"> {
  const templates = stacks.map((stack) => ({ stack, template: Template.parse(stack.template) }));
  return {
    settings,
    stacks: stacks.map((stack) => ({
      name: stack.stackName,
      terminationProtection: stack.terminationProtection ?? false,
    })),
    resources: templates.flatMap(({ stack, template }) =>
      Object.entries(template.Resources).map(([logicalId, resource]) => ({
        logicalId,
        stack: stack.stackName,
        type: resource.Type,
        properties: resource.Properties,
        dependsOn: [resource.DependsOn].flat(),
        deletionPolicy: resource.DeletionPolicy,
        updatePolicy: resource.UpdatePolicy,
      })),
    ),
    outputs: new Map(
      templates.flatMap(({ template }) => Object.entries(template.Outputs)).map(([k, v]) => [k, v.Value]),
    ),
    templates: new Map(stacks.map((stack) => [stack.stackName, stack.template])),
    parameters: new Map(templates.flatMap(({ template }) => Object.entries(template.Parameters))),
    report: Report.parse(JSON.parse(readFileSync(join(outdir, "validation-report.json"), "utf8"))).pluginReports,
  };
}

/** The resources of one type. There must be some, otherwise a rule about all of them would mean nothing. */
export function ofType(synthesized: Synthesized, type: string): readonly TemplateResource[] {
  const found = synthesized.resources.filter((resource) => resource.type === type);
  if (found.length === 0) throw new Error(`${synthesized.settings.stage} has no ${type}`);
  return found;
}

/** The only resource of one type. */
export function theOnly(synthesized: Synthesized, type: string): TemplateResource {
  const [resource, ...others] = ofType(synthesized, type);
  if (resource === undefined || others.length > 0) throw new Error(`${synthesized.settings.stage} has several ${type}`);
  return resource;
}

/** The application's two APIs. */
export type ApiName = "voters" | "operators";

/**
 * The resources of one type that belong to one API; the API itself for its own type. There must be some.
 *
 * @param synthesized the stage
 * @param api which one
 * @param type a type of API Gateway
 */
export function ofApi(synthesized: Synthesized, api: ApiName, type: string): readonly TemplateResource[] {
  const name = `referendum-${synthesized.settings.stage}${api === "operators" ? "-operators" : ""}`;
  const apis = ofType(synthesized, "AWS::ApiGateway::RestApi").filter((it) => it.properties["Name"] === name);
  const ids = apis.map((it) => it.logicalId);
  if (type === "AWS::ApiGateway::RestApi" && apis.length > 0) return apis;
  const found = ofType(synthesized, type).filter((it) => ids.includes(String(at(it.properties, "RestApiId", "Ref"))));
  if (found.length === 0) throw new Error(`the ${api}' API of ${synthesized.settings.stage} has no ${type}`);
  return found;
}

/** The only resource of one type that belongs to one API. */
export function theOnlyOfApi(synthesized: Synthesized, api: ApiName, type: string): TemplateResource {
  const [resource, ...others] = ofApi(synthesized, api, type);
  if (resource === undefined || others.length > 0) throw new Error(`the ${api}' API has several ${type}`);
  return resource;
}

/** The application's own function of a name. */
export function functionNamed(synthesized: Synthesized, name: string): TemplateResource {
  const functionName = `referendum-${synthesized.settings.stage}-${name}`;
  const found = ofType(synthesized, "AWS::Lambda::Function").find(
    (it) => it.properties["FunctionName"] === functionName,
  );
  if (found === undefined) throw new Error(`no function ${functionName}`);
  return found;
}

/** A value inside of parsed JSON; undefined where the path leads nowhere. */
export function at(value: unknown, ...path: ReadonlyArray<string | number>): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** A list inside of parsed JSON; a single value counts as a list of one, nothing as an empty one. */
export function listAt(value: unknown, ...path: ReadonlyArray<string | number>): readonly unknown[] {
  const found = at(value, ...path);
  return found === undefined ? [] : [found].flat();
}

/** A number inside of parsed JSON. */
export function numberAt(value: unknown, ...path: ReadonlyArray<string | number>): number {
  return z.number({ error: `no number at ${path.join(".")}` }).parse(at(value, ...path));
}

/** A text inside of parsed JSON. */
export function textAt(value: unknown, ...path: ReadonlyArray<string | number>): string {
  return z.string({ error: `no text at ${path.join(".")}` }).parse(at(value, ...path));
}
