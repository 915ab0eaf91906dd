/** Settings of a developer's shell that libraries read by themselves. None of them works here. */
export const HOSTILE_ENVIRONMENT: Readonly<Record<string, string>> = {
  AWS_PROFILE: "nobody",
  AWS_USE_FIPS_ENDPOINT: "true",
  AWS_ENDPOINT_URL: "http://127.0.0.1:9",
  AWS_REGION: "xx-nowhere-1",
  AWS_RETRY_MODE: "nonsense",
  PGHOST: "192.0.2.1",
  PGSSLMODE: "require",
  PGOPTIONS: "-c search_path=nowhere",
  REDIS_URL: "redis://127.0.0.1:9",
  DATABASE_URL: "postgres://127.0.0.1:9/nothing",
  HTTP_PROXY: "http://127.0.0.1:9",
  http_proxy: "http://127.0.0.1:9",
  ALL_PROXY: "http://127.0.0.1:9",
  NODE_USE_ENV_PROXY: "1",
  POWERTOOLS_LOG_LEVEL: "SILENT",
  TZ: "Pacific/Kiritimati",
};
