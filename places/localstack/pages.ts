import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { clientOptions } from "./settings.ts";

/** What S3 answers with as Content-Type; API Gateway passes it on. */
const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

const Template = z.object({
  Resources: z.record(z.string(), z.object({ Metadata: z.record(z.string(), z.unknown()).optional() })),
});

/**
 * Uploads the voters' pages to their bucket. An AWS stage has a function of CDK's for it, which needs what LocalStack
 * lacks without Docker.
 *
 * @param endpoint where LocalStack answers
 * @param bucket the output PagesBucketName
 * @param assembly the synthesized application
 * @param stackName its stack
 * @throws Error when the template does not say where the pages are
 */
export async function uploadPages(
  endpoint: string,
  bucket: string,
  assembly: string,
  stackName: string,
): Promise<void> {
  const text = readFileSync(join(assembly, `${stackName}.template.json`), "utf8");
  const { Resources } = Template.parse(JSON.parse(text));
  const folders = Object.values(Resources).flatMap(({ Metadata }) => Metadata?.["referendum:pages"] ?? []);
  const folder = join(assembly, z.string({ error: "the template names no folder of pages" }).parse(folders[0]));
  await withS3(endpoint, async (client) => {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: relative(folder, path),
          Body: readFileSync(path),
          ContentType: TYPES[extname(entry.name)] ?? "text/plain",
        }),
      );
    }
  });
}

/**
 * Empties the bucket of the pages: CloudFormation deletes only empty ones.
 *
 * @param endpoint where LocalStack answers
 * @param bucket the output PagesBucketName
 */
export async function removePages(endpoint: string, bucket: string): Promise<void> {
  await withS3(endpoint, async (client) => {
    // Two releases have some twenty files; an answer lists a thousand.
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
  });
}

async function withS3(endpoint: string, work: (client: S3Client) => Promise<void>): Promise<void> {
  const client = new S3Client({ ...clientOptions(endpoint), forcePathStyle: true });
  try {
    await work(client);
  } finally {
    client.destroy();
  }
}
