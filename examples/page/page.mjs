import { castVote, NotConfirmed, NotDecided, newSeed, Refused, waitForReceipt } from "@referendum/client";

const api = location.origin;
const lawId = new URLSearchParams(location.search).get("law") ?? "L2025-001";
const form = document.querySelector("form");
const status = document.querySelector("[role=status]");
document.querySelector("#law").textContent = lawId;

const TEXTS = {
  counted: "Your vote is counted.",
  duplicate: "You have voted before. Your first vote counts.",
  invalid: "Your vote does not count: this number and code are not on the voter roll.",
  lost: "Your vote was lost in a failure of the system. Please vote again.",
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  const { nas, code, vote } = Object.fromEntries(new FormData(form));
  button.disabled = true;
  status.textContent = "Sending your vote …";
  // Key and seed are stored before the first try, so that a reload continues the same submission. The vote is not.
  const keyName = `referendum-key-${lawId}`;
  const kept = sessionStorage.getItem(keyName);
  const [key, seedText] = (kept ?? `${crypto.randomUUID()} ${btoa(String.fromCharCode(...newSeed()))}`).split(" ");
  const seed = Uint8Array.from(atob(seedText), (character) => character.charCodeAt(0));
  sessionStorage.setItem(keyName, `${key} ${seedText}`);
  try {
    const submission = kept === null ? { key, seed } : { resume: key, seed };
    const accepted = await castVote(api, { nas, code, law_id: lawId, vote }, submission);
    sessionStorage.removeItem(keyName);
    status.textContent = "Your vote has arrived and is being counted …";
    const receipt = await waitForReceipt(accepted.receipt);
    status.textContent = TEXTS[receipt.status];
  } catch (error) {
    status.textContent = textOf(error);
    // When nothing has arrived, there is no submission to continue.
    const nothingArrived = error instanceof Refused || (error instanceof NotConfirmed && !error.mayHaveArrived);
    if (nothingArrived) sessionStorage.removeItem(keyName);
  } finally {
    button.disabled = false;
  }
});

function textOf(error) {
  if (error instanceof Refused) return `Your vote was not accepted. ${error.problem?.detail ?? ""}`;
  if (error instanceof NotConfirmed) {
    return error.mayHaveArrived
      ? "Nobody knows whether your vote has arrived. Press Vote again: it counts once."
      : "Your vote was not accepted, because the system is busy. Please press Vote again later.";
  }
  if (error instanceof NotDecided)
    return `Your vote has arrived. Nobody knows yet whether it counts. Its receipt: ${error.receipt}`;
  return "Something went wrong in this page. Press Vote again: your vote counts once.";
}
