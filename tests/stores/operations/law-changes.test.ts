import { GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { addLaw } from "../../../operations/laws/add.ts";
import { changeLaw } from "../../../operations/laws/change.ts";
import type { Law } from "../../../shared/domain/law.ts";
import { DynamoLawStore } from "../../../shared/stores/laws.ts";
import { startTestTarget, type TestTarget } from "../support/test-target.ts";

let stack: TestTarget;
beforeAll(async () => {
  stack = await startTestTarget();
});
afterAll(async () => {
  await stack?.stop();
});

const CLOSED_AT = "2026-12-01T20:00:00.000Z";

async function newLaw(lawId: string): Promise<Law> {
  return addLaw(stack.target, { lawId, title: "A law" });
}

async function itemOf(lawId: string) {
  const { Item } = await stack.target.dynamoDb.send(
    new GetItemCommand({ TableName: "laws", Key: { law_id: { S: lawId } }, ConsistentRead: true }),
  );
  return Item;
}

describe("two operators who change a law at the same time", () => {
  test("lose no change of either of them", async () => {
    await newLaw("race-1");
    const { laws } = stack.target;
    const lost = vi.fn();
    let otherChange: Promise<unknown> | undefined;
    const closed = await changeLaw(
      laws,
      "race-1",
      async () => {
        // The other one comes between the look at the law and the change, the first time.
        otherChange ??= changeLaw(laws, "race-1", () => ({ frozen: true }));
        await otherChange;
        return { closesAt: CLOSED_AT };
      },
      lost,
    );
    expect(lost).toHaveBeenCalledTimes(1);
    expect(closed).toMatchObject({ frozen: true, closesAt: CLOSED_AT });
    expect(await laws.get("race-1")).toEqual(closed);
  });

  test("make each of forty changes once, in whatever order they come", async () => {
    await newLaw("race-2");
    const stores = [stack.target.laws, new DynamoLawStore(stack.target.dynamoDb, "laws")];
    let titles = 0;
    const operator = async (laws: DynamoLawStore) => {
      for (let done = 0; done < 20; ) {
        const law = await laws.get("race-2");
        if (law === undefined || (await laws.change(law, { title: `${law.title}.` })) === undefined) continue;
        done += 1;
        titles += 1;
      }
    };
    await Promise.all(stores.map(operator));
    expect(await stack.target.laws.get("race-2")).toMatchObject({ title: `A law${".".repeat(titles)}`, version: 40 });
  });

  test("write only one change if it makes the other unnecessary", async () => {
    const law = await newLaw("race-3");
    const { laws } = stack.target;
    await laws.change(law, { frozen: true });
    expect(await laws.change(law, { closesAt: CLOSED_AT })).toBeUndefined();
    await expect(
      changeLaw(laws, "race-3", ({ frozen }) => (frozen === true ? undefined : { closesAt: CLOSED_AT })),
    ).resolves.toMatchObject({ frozen: true });
    expect(await itemOf("race-3")).not.toHaveProperty("closes_at");
  });

  test("fail with a message if others come first every time", async () => {
    const law = await newLaw("race-4");
    const always = { get: async () => law, change: async () => undefined };
    await expect(changeLaw(always, "race-4", () => ({ frozen: true }))).rejects.toThrow(
      /race-4 was not changed: somebody else changed it each of the 10 times/,
    );
  });
});

describe("a change of a law", () => {
  test("writes the attributes that it names and no others", async () => {
    const law = await newLaw("attributes-1");
    // An attribute that this release does not know, as a later one may add it.
    const item = { ...(await itemOf("attributes-1")), form: { S: "sealed" } };
    await stack.target.dynamoDb.send(new PutItemCommand({ TableName: "laws", Item: item }));
    await stack.target.laws.change(law, { closesAt: CLOSED_AT });
    expect(await itemOf("attributes-1")).toEqual({ ...item, closes_at: { S: CLOSED_AT }, version: { N: "1" } });
  });

  test("removes an attribute that has no value any more", async () => {
    const law = await newLaw("attributes-2");
    const frozen = await stack.target.laws.change(law, { frozen: true });
    expect(frozen).toMatchObject({ frozen: true, version: 1 });
    if (frozen === undefined) throw new Error("the law was not changed");
    await stack.target.laws.change(frozen, { frozen: undefined });
    expect(await itemOf("attributes-2")).not.toHaveProperty("frozen");
  });

  test("does not create a law that does not exist", async () => {
    const law = await newLaw("attributes-3");
    await stack.target.laws.remove("attributes-3");
    expect(await stack.target.laws.change(law, { frozen: true })).toBeUndefined();
    expect(await itemOf("attributes-3")).toBeUndefined();
    await expect(changeLaw(stack.target.laws, "attributes-3", () => ({ frozen: true }))).rejects.toThrow(
      /There is no law attributes-3/,
    );
  });

  test("and every read of laws is consistent", async () => {
    await newLaw("consistent");
    const send = vi.spyOn(stack.target.dynamoDb, "send");
    try {
      await stack.target.laws.get("consistent");
      await stack.target.laws.list();
      const inputs = send.mock.calls.map(([command]) => command.input);
      expect(inputs.length).toBeGreaterThanOrEqual(2);
      for (const input of inputs) expect(input).toMatchObject({ TableName: "laws", ConsistentRead: true });
    } finally {
      send.mockRestore();
    }
  });
});
