import type { PropertiesOf } from "./schemas.ts";

/** An answer ready to be sent. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Buffer;
}

/**
 * API Gateway's default answers, for types that the template does not set (Developer Guide, "Gateway response types").
 */
const DEFAULTS = {
  ACCESS_DENIED: 403,
  API_CONFIGURATION_ERROR: 500,
  BAD_REQUEST_BODY: 400,
  BAD_REQUEST_PARAMETERS: 400,
  INTEGRATION_FAILURE: 504,
  INTEGRATION_TIMEOUT: 504,
  MISSING_AUTHENTICATION_TOKEN: 403,
  REQUEST_TOO_LARGE: 413,
  RESOURCE_NOT_FOUND: 404,
  THROTTLED: 429,
  UNSUPPORTED_MEDIA_TYPE: 415,
  DEFAULT_4XX: 400,
  DEFAULT_5XX: 500,
} as const;
export type GatewayResponseType = keyof typeof DEFAULTS;

type Properties = Omit<PropertiesOf<"AWS::ApiGateway::GatewayResponse">, "RestApiId">;

/** The gateway's answers, from the template's AWS::ApiGateway::GatewayResponse resources. */
export class GatewayResponses {
  readonly #byType: ReadonlyMap<string, Properties>;

  /** @param responses the properties of each resource */
  constructor(responses: readonly Properties[]) {
    this.#byType = new Map(responses.map((response) => [response.ResponseType, response]));
  }

  /**
   * @param type why the gateway answers
   * @param statusCode the status if the template does not set one
   */
  answer(type: GatewayResponseType, statusCode: number = DEFAULTS[type]): HttpAnswer {
    const wide = statusCode >= 500 ? "DEFAULT_5XX" : "DEFAULT_4XX";
    const response = this.#byType.get(type) ?? this.#byType.get(wide);
    const headers: Record<string, string> = { "content-type": "application/json" };
    for (const [name, value] of Object.entries(response?.ResponseParameters ?? {})) {
      const header = /^gatewayresponse\.header\.(.+)$/.exec(name)?.[1];
      const literal = /^'(.*)'$/s.exec(value)?.[1];
      if (header === undefined || literal === undefined) continue;
      headers[header.toLowerCase()] = literal;
    }
    const template = response?.ResponseTemplates["application/json"];
    return {
      statusCode: response?.StatusCode ?? statusCode,
      headers,
      body: template === undefined ? '{"message":null}' : template.replaceAll("$context.error.messageString", "null"),
    };
  }
}
