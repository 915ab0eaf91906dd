import { GetItemCommand, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { lawBookOf } from "../../../operations/law-book/book-of.ts";
import type { KnownLaw, LawBook } from "../../../operations/law-book/law-book.ts";
import { LawRows } from "../../../operations/law-book/law-rows.ts";
import { changeLaw } from "../../../operations/laws/change.ts";
import { DynamoLawStore } from "../../../shared/stores/laws.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { removeLaw, writeLaw } from "../../support/write-law.ts";
import { startTestTarget, type TestTarget } from "../support/test-target.ts";
import { openPool } from "../support/votes.ts";

let stack: TestTarget;
beforeAll(async () => {
  stack = await startTestTarget();
});
afterAll(async () => {
  await stack?.stop();
});

const CLOSED_AT = "2026-12-01T20:00:00.000Z";

async function newLaw(lawId: string): Promise<KnownLaw> {
  return addReadyLaw(stack.target, { lawId, title: "A law" });
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
        otherChange ??= changeLaw(laws, "race-1", () => ({ title: "Another title" }));
        await otherChange;
        return { closesAt: CLOSED_AT };
      },
      lost,
    );
    expect(lost).toHaveBeenCalledTimes(1);
    expect(closed).toMatchObject({ title: "Another title", closesAt: CLOSED_AT });
    expect(await laws.get("race-1")).toEqual(closed);
  });

  test("make each of forty changes once, in whatever order they come", async () => {
    await newLaw("race-2");
    const stores = [stack.target.laws, lawBookOf(stack.target, new DynamoLawStore(stack.target.dynamoDb, "laws"))];
    let titles = 0;
    const operator = async (laws: LawBook) => {
      for (let done = 0; done < 20; ) {
        const law = await laws.get("race-2");
        if (law === undefined || (await laws.change(law, { title: `${law.title}.` })) === undefined) continue;
        done += 1;
        titles += 1;
      }
    };
    await Promise.all(stores.map(operator));
    expect(await stack.target.laws.get("race-2")).toMatchObject({ title: `A law${".".repeat(titles)}`, version: 42 });
  });

  test("write only one change if it makes the other unnecessary", async () => {
    const law = await newLaw("race-3");
    const { laws } = stack.target;
    await laws.change(law, { title: "Another title" });
    expect(await laws.change(law, { closesAt: CLOSED_AT })).toBeUndefined();
    await expect(
      changeLaw(laws, "race-3", ({ title }) => (title === "A law" ? { closesAt: CLOSED_AT } : undefined)),
    ).resolves.toMatchObject({ title: "Another title" });
    expect(await itemOf("race-3")).not.toHaveProperty("closes_at");
  });

  test("fail with a message if others come first every time", async () => {
    const law = await newLaw("race-4");
    const always = { get: async () => law, change: async () => undefined };
    await expect(changeLaw(always, "race-4", () => ({ title: "Another title" }))).rejects.toThrow(
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
    expect(await itemOf("attributes-1")).toEqual({ ...item, closes_at: { S: CLOSED_AT }, version: { N: "3" } });
  });

  test("removes an attribute that has no value any more", async () => {
    const law = await newLaw("attributes-2");
    const closing = await stack.target.laws.change(law, { closesAt: CLOSED_AT });
    expect(closing).toMatchObject({ closesAt: CLOSED_AT, version: 3 });
    if (closing === undefined) throw new Error("the law was not changed");
    await stack.target.laws.change(closing, { closesAt: undefined });
    expect(await itemOf("attributes-2")).not.toHaveProperty("closes_at");
  });

  test("does not create a law that does not exist", async () => {
    const law = await newLaw("attributes-3");
    await removeLaw(stack.target, "attributes-3");
    expect(await stack.target.laws.change(law, { closesAt: CLOSED_AT })).toBeUndefined();
    expect(await itemOf("attributes-3")).toBeUndefined();
    await expect(changeLaw(stack.target.laws, "attributes-3", () => ({ closesAt: CLOSED_AT }))).rejects.toThrow(
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

describe("the row and the item of a law", () => {
  const rowsOf = () => new LawRows(stack.target.pool);

  test("have all of its facts", async () => {
    const law = await newLaw("facts-1");
    const changed = await stack.target.laws.change(law, {
      title: "Another title",
      titles: { fr: "Loi", en: "Law" },
      closesAt: CLOSED_AT,
      earlierWindows: [{ opensAt: "2026-11-30T08:00:00.000Z", closesAt: "2026-11-30T20:00:00.000Z" }],
      plannedOpensAt: "2026-12-01T08:00:00.000Z",
      plannedClosesAt: "2026-12-01T20:00:00.000Z",
      utcOffset: "-05:00",
      sealedVoters: 8_000_000,
    });
    const { reached: _, ...facts } = changed ?? {};
    expect(await stack.target.laws.items.get("facts-1")).toEqual(facts);
    expect(await rowsOf().get("facts-1")).toMatchObject({ law: changed, confirmedVersion: 3 });
  });

  test("never go back to an older version", async () => {
    const law = await newLaw("facts-2");
    await stack.target.laws.change(law, { title: "Another title" });
    expect(await stack.target.laws.items.project(law)).toBe(false);
    expect(await itemOf("facts-2")).toMatchObject({ title: { S: "Another title" }, version: { N: "3" } });
  });

  test("of a law that another release has stored are brought together, and keep what that release says", async () => {
    const opensAt = "2026-12-01T08:00:00.000Z";
    await writeLaw(stack.target, { lawId: "older-1", title: "An older law", opensAt, keyVersion: 1 });
    const law = (await stack.target.laws.list()).find(({ lawId }) => lawId === "older-1");
    expect(law).toMatchObject({ reached: "ready", version: 0, opensAt });
    // Rolled back, that release closes the law, and knows nothing of the row.
    await stack.target.dynamoDb.send(
      new UpdateItemCommand({
        TableName: "laws",
        Key: { law_id: { S: "older-1" } },
        UpdateExpression: "SET closes_at = :closes, version = :version",
        ExpressionAttributeValues: { ":closes": { S: CLOSED_AT }, ":version": { N: "1" } },
      }),
    );
    expect(await stack.target.laws.get("older-1")).toMatchObject({ closesAt: CLOSED_AT, version: 1 });
    expect(await rowsOf().get("older-1")).toMatchObject({ law: { closesAt: CLOSED_AT }, confirmedVersion: 1 });
  });

  test("leave every version, when it was asked for and when it was confirmed, and nobody changes that", async () => {
    const law = await newLaw("versions-1");
    await stack.target.laws.change(law, { closesAt: CLOSED_AT });
    const { pool } = stack.target;
    const { rows } = await pool.query(
      `select version, phase, facts ->> 'closes_at' is not null as closes from law_versions
       where law_id = 'versions-1' order by at, version, phase`,
    );
    expect(rows).toEqual([
      { version: 1, phase: "asked", closes: false },
      { version: 1, phase: "confirmed", closes: false },
      { version: 2, phase: "asked", closes: false },
      { version: 2, phase: "confirmed", closes: false },
      { version: 3, phase: "asked", closes: true },
      { version: 3, phase: "confirmed", closes: true },
    ]);
    for (const statement of [
      "update law_versions set version = 9",
      "delete from law_versions",
      "truncate law_versions",
    ]) {
      await expect(pool.query(statement)).rejects.toThrow(/are only added to/);
    }
  });

  test.each(["referendum_operate", "referendum_roll"])("are what %s may write, and no more of them", async (role) => {
    const pool = openPool({ ...stack.target.address.postgres, max: 1, options: `-c role=${role}` });
    try {
      const { laws } = stack.target;
      const book = lawBookOf(
        { pool, output: (name) => stack.target.output(name) },
        new DynamoLawStore(stack.target.dynamoDb, "laws"),
      );
      const lawId = `role-${role.replaceAll("_", "-")}`;
      const law = await book.add({ lawId, title: "A law", opensAt: CLOSED_AT, keyVersion: 1, reached: "draft" });
      if (law === undefined) throw new Error("it was not added");
      await book.change(law, { reached: "ready", sealedVoters: 2 });
      await book.setFrozen(lawId, true);
      expect(await book.get(lawId)).toMatchObject({ reached: "ready", sealedVoters: 2, frozen: true });
      expect(await laws.get(lawId)).toMatchObject({ frozen: true });
      for (const statement of [
        "delete from laws",
        "truncate laws",
        "update laws set law_id = 'REAL'",
        "update laws set key_version = 2",
        "update laws set pepper_id = '2'",
        "insert into law_versions values ('x', 1, 'asked', now(), '{}')",
        "delete from law_versions",
      ]) {
        await expect(pool.query(statement), statement).rejects.toMatchObject({ code: "42501" });
      }
    } finally {
      await pool.end();
    }
  });

  test.each(["referendum_reader", "referendum_writer"])("are not for %s", async (role) => {
    const pool = openPool({ ...stack.target.address.postgres, max: 1, options: `-c role=${role}` });
    try {
      for (const table of ["laws", "law_versions"]) {
        await expect(pool.query(`select from ${table}`)).rejects.toMatchObject({ code: "42501" });
      }
    } finally {
      await pool.end();
    }
  });
});
