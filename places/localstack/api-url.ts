/**
 * The address of an API of LocalStack. Its stack output names a host that only LocalStack's DNS knows.
 * https://docs.localstack.cloud/aws/services/apigateway/ ("Custom IDs and URLs": the path style)
 *
 * @param output the stack's output `ApiUrl`, `https://<api id>.execute-api.<host>/<stage>/`
 * @param endpoint where LocalStack answers
 * @returns the API's URL with a slash at its end
 * @throws Error when the output is not the address of an API
 */
export function apiUrlAt(output: string, endpoint: string): string {
  // Not parsed as a URL: there, a host that ends with a number must be an IPv4 address, and LocalStack's ends with one.
  const [, apiId, stage] = /^https?:\/\/([a-z0-9]+)\.execute-api\.[^/]+\/([\w-]+)/.exec(output) ?? [];
  if (apiId === undefined || stage === undefined) throw new Error(`${output} is not the URL of an API`);
  return new URL(`/_aws/execute-api/${apiId}/${stage}/`, endpoint).href;
}

/**
 * The address of a queue of LocalStack from here. The host in its URL may be known only within LocalStack's network.
 *
 * @param output the queue's URL
 * @param endpoint where LocalStack answers
 */
export function queueUrlAt(output: string, endpoint: string): string {
  return new URL(new URL(output).pathname, endpoint).href;
}
