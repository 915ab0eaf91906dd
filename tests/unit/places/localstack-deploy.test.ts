import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeStack, failures } from "../../../places/localstack/deploy.ts";

let server: Server;
let endpoint = "";
let answer = { status: 200, body: "" };

beforeEach(async () => {
  server = createServer((_request, response) =>
    response.writeHead(answer.status, { "content-type": "text/xml" }).end(answer.body),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  endpoint = typeof address === "object" && address ? `http://127.0.0.1:${address.port}` : "";
});
afterEach(() => {
  server.close();
});

function event(type: string, id: string, status: string, reason: string): string {
  return `<member><StackName>Referendum-localstack</StackName><EventId>${id}</EventId><StackId>stack</StackId>
    <Timestamp>2026-11-23T00:00:00Z</Timestamp><ResourceType>${type}</ResourceType>
    <LogicalResourceId>${id}</LogicalResourceId><ResourceStatus>${status}</ResourceStatus>
    <ResourceStatusReason>${reason}</ResourceStatusReason></member>`;
}

const NO_STACK = `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>
  <Message>Stack with id Referendum-localstack does not exist</Message></Error></ErrorResponse>`;

test("a failed deployment names the resource and the reason, and not what follows from it", async () => {
  const events = [
    event("AWS::CloudFormation::Stack", "Referendum-localstack", "ROLLBACK_COMPLETE", "it failed"),
    event("AWS::CloudFormation::Stack", "Referendum-localstack", "CREATE_FAILED", "resources failed"),
    event("AWS::SQS::Queue", "Votes", "CREATE_FAILED", "QueueAlreadyExists"),
    event("AWS::Lambda::Function", "Ingest", "CREATE_COMPLETE", ""),
  ];
  answer = {
    status: 200,
    body: `<DescribeStackEventsResponse><DescribeStackEventsResult><StackEvents>${events.join("")}</StackEvents>
      </DescribeStackEventsResult></DescribeStackEventsResponse>`,
  };
  expect(await failures(endpoint)).toEqual(["AWS::SQS::Queue Votes CREATE_FAILED: QueueAlreadyExists"]);
});

test("a missing stack is undefined, and has no failures", async () => {
  answer = { status: 400, body: NO_STACK };
  expect(await describeStack(endpoint, "Referendum-localstack")).toBeUndefined();
  expect(await failures(endpoint)).toEqual([]);
});

test("a stack's content is recognized", async () => {
  answer = {
    status: 200,
    body: `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackId>arn:1</StackId>
      <StackName>Referendum-localstack</StackName><StackStatus>UPDATE_COMPLETE</StackStatus>
      <CreationTime>2026-11-23T00:00:00Z</CreationTime><Outputs><member><OutputKey>LawsTableName</OutputKey>
      <OutputValue>laws</OutputValue></member></Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
  };
  expect(await describeStack(endpoint, "Referendum-localstack")).toEqual({
    id: "arn:1",
    status: "UPDATE_COMPLETE",
    outputs: { LawsTableName: "laws" },
  });
});
