import { z } from "zod";

/**
 * The properties of each resource type that this runtime knows. They are strict: a property that is not named here is
 * an error, and is not silently ignored. `unused` marks properties without an effect on one machine; README.md lists
 * them.
 */
const unused = z.unknown().optional();
const seconds = z.coerce.number().int().min(0);

export const RESOURCE_SCHEMAS = {
  "AWS::SQS::Queue": z.strictObject({
    QueueName: z.string().optional(),
    VisibilityTimeout: seconds.default(30),
    MessageRetentionPeriod: seconds.default(345_600),
    RedrivePolicy: z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.coerce.number() }).optional(),
    SqsManagedSseEnabled: unused,
    RedriveAllowPolicy: unused,
    Tags: unused,
  }),
  "AWS::DynamoDB::Table": z.strictObject({
    TableName: z.string().optional(),
    AttributeDefinitions: z.array(
      z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(["S", "N", "B"]) }),
    ),
    KeySchema: z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(["HASH", "RANGE"]) })),
    BillingMode: z.literal("PAY_PER_REQUEST"),
    DeletionProtectionEnabled: unused,
    PointInTimeRecoverySpecification: unused,
    SSESpecification: unused,
    Tags: unused,
  }),
  "AWS::SecretsManager::Secret": z.strictObject({
    Name: z.string().optional(),
    GenerateSecretString: z.strictObject({
      SecretStringTemplate: z.string(),
      GenerateStringKey: z.string(),
      PasswordLength: z.coerce.number().int().default(32),
      ExcludePunctuation: z.boolean().optional(),
      ExcludeCharacters: unused,
    }),
    Description: unused,
    Tags: unused,
  }),
  "AWS::Lambda::Function": z.strictObject({
    FunctionName: z.string(),
    Handler: z.string(),
    Runtime: z.string().regex(/^nodejs\d+\.x$/),
    MemorySize: z.coerce.number().int().default(128),
    Timeout: seconds.default(3),
    Environment: z.strictObject({ Variables: z.record(z.string(), z.coerce.string()) }).optional(),
    Code: unused,
    Architectures: unused,
    Description: unused,
    LoggingConfig: unused,
    Role: unused,
    Tags: unused,
    TracingConfig: unused,
  }),
  "AWS::Lambda::EventSourceMapping": z.strictObject({
    EventSourceArn: z.string(),
    FunctionName: z.string(),
    BatchSize: z.coerce.number().int().min(1).default(10),
    MaximumBatchingWindowInSeconds: seconds.default(0),
    FunctionResponseTypes: z.tuple([z.literal("ReportBatchItemFailures")]).optional(),
    ScalingConfig: z.strictObject({ MaximumConcurrency: z.coerce.number().int().min(2) }).optional(),
    Enabled: z.boolean().default(true),
    Tags: unused,
  }),
  "AWS::ApiGateway::Stage": z.strictObject({
    StageName: z.string(),
    MethodSettings: z
      .array(
        z.strictObject({
          HttpMethod: z.string(),
          ResourcePath: z.string(),
          ThrottlingRateLimit: z.coerce.number().positive().optional(),
          ThrottlingBurstLimit: z.coerce.number().int().positive().optional(),
          DataTraceEnabled: unused,
          MetricsEnabled: unused,
          LoggingLevel: unused,
        }),
      )
      .default([]),
    RestApiId: z.string(),
    DeploymentId: unused,
    Tags: unused,
    TracingEnabled: unused,
  }),
  "AWS::ApiGateway::Resource": z.strictObject({ ParentId: z.string(), PathPart: z.string(), RestApiId: z.string() }),
  "AWS::ApiGateway::Method": z.strictObject({
    HttpMethod: z.string(),
    ResourceId: z.string(),
    // Nothing is authorized here: who calls the operators' API says so in a header.
    AuthorizationType: z.enum(["NONE", "AWS_IAM"]),
    Integration: z.discriminatedUnion("Type", [
      z.strictObject({
        Type: z.literal("AWS_PROXY"),
        IntegrationHttpMethod: z.literal("POST"),
        Uri: z.string(),
        TimeoutInMillis: z.coerce.number().int().default(29_000),
      }),
      z.strictObject({
        Type: z.literal("MOCK"),
        // The status of the mock's backend. With a single response, it makes no difference.
        RequestTemplates: z.strictObject({ "application/json": z.literal("{ statusCode: 200 }") }),
        IntegrationResponses: z.array(
          z.strictObject({
            StatusCode: z.coerce.number().int(),
            ResponseParameters: z.record(z.string(), z.string()).default({}),
            ResponseTemplates: z.record(z.string(), z.string()).default({}),
          }),
        ),
      }),
      // A file of a bucket.
      z.strictObject({
        Type: z.literal("AWS"),
        IntegrationHttpMethod: z.enum(["GET", "HEAD"]),
        Uri: z.string(),
        RequestParameters: z.record(z.string(), z.string()).default({}),
        RequestTemplates: z.record(z.string(), z.string()).default({}),
        IntegrationResponses: z.array(
          z.strictObject({
            StatusCode: z.coerce.number().int(),
            SelectionPattern: z.string().optional(),
            ResponseParameters: z.record(z.string(), z.string()).default({}),
            ResponseTemplates: z.record(z.string(), z.string()).default({}),
            ContentHandling: z.literal("CONVERT_TO_BINARY").optional(),
          }),
        ),
        Credentials: unused,
      }),
    ]),
    ApiKeyRequired: z.literal(false).optional(),
    MethodResponses: unused,
    RequestParameters: unused,
    RestApiId: z.string(),
  }),
  "AWS::Events::Rule": z.strictObject({
    ScheduleExpression: z.string().regex(/^rate\(\d+ (?:minute|hour|day)s?\)$/),
    State: z.literal("ENABLED").default("ENABLED"),
    Targets: z.tuple([
      z.strictObject({
        Arn: z.string(),
        Id: z.string(),
        Input: z.string().optional(),
        // A run that fails is not repeated here.
        RetryPolicy: z.strictObject({ MaximumRetryAttempts: z.literal(0) }),
      }),
    ]),
    Description: unused,
    Tags: unused,
  }),
  "AWS::S3::Bucket": z.strictObject({ BucketName: z.string().optional(), Tags: unused }),
  "AWS::ApiGateway::GatewayResponse": z.strictObject({
    ResponseType: z.string(),
    StatusCode: z.coerce.number().int().optional(),
    ResponseParameters: z.record(z.string(), z.string()).default({}),
    ResponseTemplates: z.record(z.string(), z.string()).default({}),
    RestApiId: z.string(),
  }),
  "AWS::ApiGateway::RestApi": z.strictObject({
    Name: z.string(),
    // Which answers of integrations are bytes. Here every answer is passed on as it is.
    BinaryMediaTypes: unused,
    Description: unused,
    DisableExecuteApiEndpoint: unused,
    EndpointConfiguration: unused,
    Tags: unused,
  }),
} as const;

/** Types without an effect on one machine, each with the reason. */
export const NOT_EMULATED: Readonly<Record<string, string>> = {
  "AWS::IAM::Role": "nothing is authorized here",
  "AWS::IAM::Policy": "nothing is authorized here",
  "AWS::SQS::QueuePolicy": "nothing is authorized here",
  "AWS::Lambda::Permission": "nothing is authorized here",
  "AWS::Logs::LogGroup": "logs are files under the data directory",
  "AWS::ApiGateway::Deployment": "each API has one deployment, the template's own",
  "AWS::CDK::Metadata": "it describes the tool",
};

export type EmulatedType = keyof typeof RESOURCE_SCHEMAS;
export type PropertiesOf<T extends EmulatedType> = z.output<(typeof RESOURCE_SCHEMAS)[T]>;

/** A template as far as this runtime reads it. */
export const templateSchema = z.object({
  Parameters: z.record(z.string(), z.object({ Type: z.string(), Default: z.unknown().optional() })).default({}),
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Properties: z.record(z.string(), z.unknown()).default({}),
      Metadata: z.record(z.string(), z.unknown()).default({}),
      Condition: z.string().optional(),
    }),
  ),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })).default({}),
});
export type Template = z.output<typeof templateSchema>;
