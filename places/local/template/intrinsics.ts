/** The values of a template's logical ids on this machine. */
export interface References {
  /** The value of `Ref` for a resource, a parameter or a pseudo parameter; undefined for an unknown name. */
  ref(name: string): string | undefined;
  /** The value of `Fn::GetAtt`; undefined when the resource has no such attribute. */
  attribute(name: string, attribute: string): string | undefined;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Replaces CloudFormation's intrinsic functions by their values (CloudFormation User Guide, "Intrinsic function
 * reference"): Ref, Fn::GetAtt, Fn::Join, Fn::Sub, Fn::Select and Fn::Split.
 *
 * @param value a part of a template
 * @param references the values of names
 * @param where the part's place, for messages
 * @throws Error naming a function that is not emulated, or an unknown name
 */
export function resolveIntrinsics(value: unknown, references: References, where: string): unknown {
  return resolveJson(asJson(value, where), references, where);
}

function resolveJson(value: Json, references: References, where: string): Json {
  if (value === null || typeof value !== "object") return value;
  if (isList(value)) return value.map((item, index) => resolveJson(item, references, `${where}[${index}]`));
  const keys = Object.keys(value);
  const [name] = keys;
  if (keys.length === 1 && name !== undefined && (name === "Ref" || name === "Condition" || name.startsWith("Fn::"))) {
    return callFunction(name, value[name] ?? null, references, where);
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, resolveJson(item, references, `${where}.${key}`)]),
  );
}

function callFunction(name: string, argument: Json, references: References, where: string): Json {
  const list = (): readonly Json[] => {
    if (!isList(argument)) throw new Error(`${where}: ${name} needs a list`);
    return argument.map((item) => resolveJson(item, references, where));
  };
  switch (name) {
    case "Ref":
      return refOf(text(argument, where), references, where);
    case "Fn::GetAtt": {
      const [resource, attribute] = isList(argument) ? argument : text(argument, where).split(/\.(.*)/s);
      return attributeOf(text(resource ?? null, where), text(attribute ?? null, where), references, where);
    }
    case "Fn::Join": {
      const [separator, parts] = list();
      return listOf(parts ?? null)
        .map((part) => text(part, where))
        .join(text(separator ?? null, where));
    }
    case "Fn::Select": {
      const [index, from] = list();
      return listOf(from ?? null)[Number(index)] ?? null;
    }
    case "Fn::Split": {
      const [separator, from] = list();
      return text(from ?? null, where).split(text(separator ?? null, where));
    }
    case "Fn::Sub":
      return substitute(argument, references, where);
    default:
      throw new Error(`${where}: the local runtime does not emulate ${name}. Add it to places/local/template`);
  }
}

function substitute(argument: Json, references: References, where: string): string {
  const [template, variables] = isList(argument) ? argument : [argument, {}];
  const own = isObject(variables ?? null) ? resolveJson(variables ?? {}, references, where) : {};
  return text(template ?? null, where).replace(/\$\{(!?)([^}]+)\}/g, (_whole, literal: string, name: string) => {
    if (literal === "!") return `\${${name}}`;
    const mine = isObject(own) ? own[name] : undefined;
    if (mine !== undefined) return text(mine, where);
    const [resource, attribute] = name.split(/\.(.*)/s);
    return attribute === undefined
      ? refOf(name, references, where)
      : attributeOf(resource ?? "", attribute, references, where);
  });
}

function refOf(name: string, references: References, where: string): string {
  const value = references.ref(name);
  if (value === undefined) throw new Error(`${where}: {"Ref": "${name}"} stands for nothing here`);
  return value;
}

function attributeOf(resource: string, attribute: string, references: References, where: string): string {
  const value = references.attribute(resource, attribute);
  if (value === undefined) throw new Error(`${where}: ${resource} has no attribute ${attribute} here`);
  return value;
}

function text(value: Json, where: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new Error(`${where}: expected text`);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function listOf(value: Json): readonly Json[] {
  return isList(value) ? value : [];
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !isList(value);
}

function asJson(value: unknown, where: string): Json {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  if (Array.isArray(value)) return value.map((item) => asJson(item, where));
  if (typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asJson(item, where)]));
  }
  throw new Error(`${where}: not JSON`);
}
