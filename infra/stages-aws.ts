import { z } from "zod";

/** What only a stage in an AWS account has. */
export const awsSettingsSchema = z.strictObject({
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/),
  /** The three zones of the private subnets. */
  availabilityZones: z.array(z.string()).min(2).max(3),
});
export type AwsSettings = z.output<typeof awsSettingsSchema>;

export const prodAws: AwsSettings = {
  // Voters are named by their Canadian NAS, and their data stay in the country.
  region: "ca-central-1",
  // The three zones that ca-central-1 offers to new accounts; there is no 1c.
  availabilityZones: ["ca-central-1a", "ca-central-1b", "ca-central-1d"],
};

export const devAws: AwsSettings = { ...prodAws };
