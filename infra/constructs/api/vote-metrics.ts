import type { Duration } from "aws-cdk-lib";
import type * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";

/** The API's only stage. */
export const API_STAGE = "live";

/**
 * A metric of `POST /api/v1/vote`; detailed metrics of the stage are on. It names the stage and refers to no resource:
 * what an alias waits for may not wait for the API, which waits for the aliases.
 *
 * @param api the API
 * @param metricName Count, Latency, 4XXError or 5XXError
 */
export function voteMetric(
  api: apigateway.RestApi,
  metricName: string,
  statistic: string,
  period: Duration,
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: "AWS/ApiGateway",
    metricName,
    statistic,
    period,
    dimensionsMap: {
      ApiName: api.restApiName,
      Stage: API_STAGE,
      Method: "POST",
      Resource: "/api/v1/vote",
    },
  });
}

/** The share of votes answered with 5xx, from 0 to 1. */
export function failedShare(api: apigateway.RestApi, period: Duration): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({
    expression: "IF(requests > 0, failed / requests, 0)",
    label: "share of votes answered with 5xx",
    period,
    usingMetrics: {
      failed: voteMetric(api, "5XXError", "Sum", period),
      requests: voteMetric(api, "Count", "Sum", period),
    },
  });
}
