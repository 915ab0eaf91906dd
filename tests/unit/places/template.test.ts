import { describe, expect, it } from "vitest";
import { resolveIntrinsics } from "../../../places/local/template/intrinsics.ts";
import { readTemplate } from "../../../places/local/template/model.ts";

const references = {
  ref: (name: string) => ({ Queue: "http://queue", "AWS::Region": "ca-central-1" })[name],
  attribute: (name: string, attribute: string) => (name === "Queue" ? `${name}.${attribute}` : undefined),
};
const resolve = (value: unknown) => resolveIntrinsics(value, references, "Here");

describe("intrinsic functions", () => {
  it.each([
    [{ Ref: "Queue" }, "http://queue"],
    [{ "Fn::GetAtt": ["Queue", "Arn"] }, "Queue.Arn"],
    [{ "Fn::GetAtt": "Queue.Arn" }, "Queue.Arn"],
    [{ "Fn::Join": ["-", ["a", { Ref: "AWS::Region" }]] }, "a-ca-central-1"],
    [{ "Fn::Sub": `x \${AWS::Region} \${Queue.Arn} \${!literal}` }, `x ca-central-1 Queue.Arn \${literal}`],
    [{ "Fn::Sub": [`\${own}`, { own: { Ref: "Queue" } }] }, "http://queue"],
    [{ "Fn::Select": ["1", { "Fn::Split": [",", "a,b"] }] }, "b"],
    [{ plain: [1, true, null] }, { plain: [1, true, null] }],
  ])("resolves %j", (value, expected) => {
    expect(resolve(value)).toEqual(expected);
  });

  it("are refused by name if they are not emulated or refer to nothing", () => {
    expect(() => resolve({ "Fn::ImportValue": "x" })).toThrow("Fn::ImportValue");
    expect(() => resolve({ Ref: "Missing" })).toThrow("Missing");
    expect(() => resolve({ "Fn::GetAtt": ["Missing", "Arn"] })).toThrow("Missing");
  });
});

describe("a template", () => {
  const options = {
    stackName: "S",
    assemblyDirectory: "/assembly",
    parameters: {},
    sqsEndpoint: "http://127.0.0.1:1",
    apiUrls: { ApiUrl: "http://127.0.0.1:2", OperatorsApiUrl: "http://127.0.0.1:3" },
    readObject: async () => undefined,
  };

  it("is refused with all types and properties that cannot be run, not only the first", () => {
    const template = {
      Resources: {
        Topic: { Type: "AWS::SNS::Topic" },
        Queue: { Type: "AWS::SQS::Queue", Properties: { FifoQueue: true } },
      },
    };
    expect(() => readTemplate(template, options)).toThrow(/AWS::SNS::Topic[\s\S]*FifoQueue/);
  });

  it("has a limit for each method with one, by the route's path", () => {
    const limit = (HttpMethod: string, ResourcePath: string, ThrottlingRateLimit: number) => ({
      HttpMethod,
      ResourcePath,
      ThrottlingRateLimit,
      ThrottlingBurstLimit: 7,
    });
    const MethodSettings = [limit("*", "/*", 5), limit("POST", "/~1api~1v1~1vote", 9)];
    const Properties = { StageName: "live", RestApiId: { Ref: "Api" }, MethodSettings };
    const template = {
      Resources: {
        Api: { Type: "AWS::ApiGateway::RestApi", Properties: { Name: "votes" } },
        Stage: { Type: "AWS::ApiGateway::Stage", Properties },
      },
    };
    expect(readTemplate(template, options).apis.map(({ throttles }) => throttles)).toEqual([
      [
        { method: "*", path: "/*", ratePerSecond: 5, burst: 7 },
        { method: "POST", path: "/api/v1/vote", ratePerSecond: 9, burst: 7 },
      ],
    ]);
  });

  it("keeps the routes, limits and answers of two APIs apart, and says where each is", () => {
    const ofApi = (id: string, path: string, AuthorizationType: string) => {
      const RestApiId = { Ref: id };
      const uri = ["arn:aws:apigateway:ca-central-1:lambda:path/2015-03-31/functions/", "/invocations"];
      const Integration = {
        Type: "AWS_PROXY",
        IntegrationHttpMethod: "POST",
        Uri: { "Fn::Join": [{ "Fn::GetAtt": ["Answers", "Arn"] }, uri] },
      };
      return {
        [id]: { Type: "AWS::ApiGateway::RestApi", Properties: { Name: id.toLowerCase() } },
        [`${id}Path`]: {
          Type: "AWS::ApiGateway::Resource",
          Properties: { ParentId: { "Fn::GetAtt": [id, "RootResourceId"] }, PathPart: path, RestApiId },
        },
        [`${id}Method`]: {
          Type: "AWS::ApiGateway::Method",
          Properties: {
            HttpMethod: "POST",
            ResourceId: { Ref: `${id}Path` },
            RestApiId,
            AuthorizationType,
            Integration,
          },
        },
        [`${id}Stage`]: {
          Type: "AWS::ApiGateway::Stage",
          Properties: {
            StageName: "live",
            RestApiId,
            MethodSettings: [{ HttpMethod: "*", ResourcePath: "/*", ThrottlingRateLimit: path.length }],
          },
        },
        [`${id}Answer`]: {
          Type: "AWS::ApiGateway::GatewayResponse",
          Properties: {
            ResponseType: "THROTTLED",
            StatusCode: 429,
            ResponseTemplates: { "application/json": id },
            RestApiId,
          },
        },
      };
    };
    const template = {
      Resources: {
        ...ofApi("Voters", "vote", "NONE"),
        ...ofApi("Operators", "operate", "AWS_IAM"),
        Answers: {
          Type: "AWS::Lambda::Function",
          Properties: { FunctionName: "referendum-local-answers", Handler: "index.handler", Runtime: "nodejs24.x" },
          Metadata: { "aws:asset:path": "asset" },
        },
      },
      Outputs: { OperatorsApiUrl: { Value: "https://aws.example/" } },
    };
    const { apis, outputs } = readTemplate(template, options);
    expect(
      apis.map(({ name, routes, throttles }) => [name, routes.map(({ path }) => path), throttles[0]?.burst]),
    ).toEqual([
      ["voters", ["/vote"], 4],
      ["operators", ["/operate"], 7],
    ]);
    expect(apis.map(({ gatewayResponses }) => gatewayResponses.answer("THROTTLED").body)).toEqual([
      "Voters",
      "Operators",
    ]);
    expect(outputs["OperatorsApiUrl"]).toBe("http://127.0.0.1:3/");
  });

  it("gives a queue its URL, ARN and redrive policy", () => {
    const template = {
      Resources: {
        Dead: { Type: "AWS::SQS::Queue", Properties: { QueueName: "dead" } },
        Work: {
          Type: "AWS::SQS::Queue",
          Properties: {
            VisibilityTimeout: 5,
            RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": ["Dead", "Arn"] }, maxReceiveCount: 3 },
          },
        },
      },
    };
    const work = readTemplate(template, options).queues.find((queue) => queue.name === "S-Work");
    expect(work?.url).toBe("http://127.0.0.1:1/000000000000/S-Work");
    expect(JSON.parse(work?.attributes["RedrivePolicy"] ?? "")).toEqual({
      deadLetterTargetArn: "arn:aws:sqs:ca-central-1:000000000000:dead",
      maxReceiveCount: 3,
    });
  });
});
