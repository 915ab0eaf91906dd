/**
 * Everything that the pages say, in English. The French texts (fr.ts) have the same names; the compiler says which
 * lack.
 */
export const en = {
  language: "Language",
  site: "Referendum",
  skip: "Skip to main content",
  menu: "Menu",
  nav: { vote: "Vote", receipt: "Your receipt", results: "Results and turnout" },
  footer: "These pages send your data to this service only. They set no cookies.",
  errorPrefix: "Error: ",
  loading: "Loading…",
  back: "Back",
  continue: "Continue",
  change: "Change",
  tryAgain: "Try again",
  toStart: "Back to the list of laws",
  toResults: "See results and turnout",
  problemHeading: "There is a problem",
  oui: "Yes (oui)",
  non: "No (non)",
  rehearsal: "Rehearsal: these votes do not count.",

  laws: {
    title: "Vote on a law",
    intro: "You need your social insurance number (SIN) and the code from your letter. Voting takes about two minutes.",
    open: "Open now",
    soon: "Not open yet",
    over: "Closed",
    frozen: "Suspended for now",
    none: "There is no vote at the moment.",
    voteOn: (title: string) => `Vote: ${title}`,
    law: (id: string) => `Law ${id}`,
    opensAt: (time: string) => `Voting opens on ${time}.`,
    openFromTo: (from: string, to: string) => `Voting is open from ${from} to ${to}.`,
    openSince: (from: string) => `Voting has been open since ${from} and stays open until further notice.`,
    closedAt: (time: string) => `Voting closed on ${time}.`,
    closed: "Voting has closed.",
    suspended: "Voting is suspended. No votes are taken at the moment.",
  },

  pendingNotice: {
    heading: "A vote in this tab is not confirmed",
    text: "A vote was begun in this tab and had no answer. It may have arrived; if it did, it counts. If it is not yours, do not go on with it.",
    sameLaw:
      "A vote on this law was begun in this tab before, perhaps by somebody else, and had no answer. It may have arrived; if it did, it counts.",
    letter:
      "Before your letter's address was opened, a vote on the same law was begun in this tab with another code, and had no answer. It may have arrived; if it did, it counts.",
    ways: "Nothing is sent until you say which vote to go on with. If that vote is not yours, do not go on with it.",
    link: "Go on with that vote",
    forget: "Do not send that vote again, and forget it on this device",
    useNew: "Do not send that vote again, forget it on this device, and begin a new vote",
    useLetter: "Do not send that vote again, forget it on this device, and vote with the letter",
    forgotten:
      "A vote that you began in this tab was not confirmed in time, and this device has forgotten it. It may have arrived. While voting is open, you can vote again: only one vote of yours counts.",
  },

  identify: {
    title: "Who is voting?",
    nas: "Social insurance number (SIN)",
    nasHint: "9 digits. Spaces and dashes do not matter.",
    nasCount: (count: number) => `${count} of 9 digits`,
    code: "Code from your letter",
    codeHint:
      "Letters and digits. Capital and small letters matter: type it exactly as it is printed. Spaces and dashes do not matter.",
    codeHintChecked: (length: number) =>
      `${length} letters and digits. Capital or small letters, spaces and dashes do not matter.`,
    codeCount: (count: number, length: number) => `${count} of ${length} characters`,
    codeTaken: "The code from your letter is filled in already.",
    privacy:
      "Your number and your code are sent with your vote. Once it is confirmed, these pages keep neither on this device. Your answer is stored without them.",
    privacyLetter: "Your letter’s address has the code in it, and this browser’s history may keep that address.",
    nasEmpty: "Enter your social insurance number",
    nasDigits: "Your social insurance number must have 9 digits, and only spaces or dashes between them",
    codeEmpty: "Enter the code from your letter",
    codeWrong: "The code must have 6 to 32 letters and digits",
    codeLength: (length: number) => `The code must have ${length} letters and digits`,
    codeRefused: "This code is mistyped or incomplete. Compare it with your letter, character by character",
  },

  choose: { title: "Your answer", empty: "Select your answer" },

  check: {
    title: "Check before you vote",
    law: "The question",
    nas: "Social insurance number",
    nasMasked: (end: string) => `ends in ${end}`,
    code: "Code",
    codeMasked: (count: number) => `${count} characters`,
    answer: "Your answer",
    warningLabel: "Warning",
    warning: "You can vote once. Your first vote counts and cannot be changed afterwards.",
    sealedHere:
      "This device seals your answer before it sends it. Nobody can read it on its way or where it is stored. After voting has closed, the trustees of this vote open all ballots together, without names.",
    sealedByService:
      "This browser cannot seal your answer. The service seals it as soon as it arrives, and keeps nothing else of it. Afterwards only the trustees of this vote can read it, without your name. With a newer browser, your answer is sealed before it is sent.",
    proof:
      "Your receipt will have a tracker. With it, you find your ballot in the list that is published in the end. Everybody who sees your tracker can see your answer there, and nothing undoes that: show it to nobody.",
    noProof: "Your receipt will have no tracker of your ballot, because this browser cannot seal it.",
    cast: "Cast my vote",
    changeNas: "Change your social insurance number",
    changeCode: "Change your code",
    changeAnswer: "Change your answer",
  },

  sending: {
    title: "Your vote is being sent",
    lookTitle: "Your vote is being looked for",
    checkTitle: "The service has your vote",
    first: "Sending your vote…",
    noAnswer: (seconds: number) => `There was no answer. Your vote is sent again in ${seconds} s.`,
    busy: (seconds: number) => `Very many people are voting. Your vote is sent again in ${seconds} s.`,
    away: (seconds: number) => `The service does not answer properly. Your vote is sent again in ${seconds} s.`,
    offline: (seconds: number) =>
      `Your device is not connected to the Internet. Your vote is sent again in ${seconds} s.`,
    again: "Your vote is being sent again…",
    describeIn: (seconds: number) =>
      `The service does not describe this law. The page tries again in ${seconds} s, before it sends your vote.`,
    describing: "Reading the description of the law…",
    checkIn: (seconds: number) => `The page cannot check the service’s promise yet, and tries again in ${seconds} s.`,
    checking: "Checking the promise of the service…",
    looking:
      "When your vote was last sent, this law took no votes. This page looks whether your vote arrived before, and sends it again if voting opens again; that takes a minute at most.",
    keepOpen: "Keep this page open. However often your vote is sent, it counts once.",
  },

  unconfirmed: {
    title: "Your vote is not confirmed yet",
    unknown: "Your vote has not been confirmed. It may or may not have arrived.",
    notArrived: "Your vote has not arrived.",
    offline: "Your device is not connected to the Internet. This page sends your vote again as soon as it is.",
    busy: "Very many people are voting, or many requests came from your network. Wait a minute.",
    away: "The service is not available at the moment. This is not your fault.",
    refused:
      "The last time that this page sent your vote, it was refused, by the service or by something on the way there, such as your network. If sending it again does not help, use another network, or ask the election office.",
    held: "The voting service says that it has your vote. This page cannot confirm that.",
    unpromised:
      "The service has not signed that it has your vote, as it must. Send your vote again. If this page says the same then, tell the election office.",
    unchecked:
      "The service has signed that it has your vote, with a key that this page does not know, and does not describe the law at the moment. Send your vote again in some minutes.",
    safe: "Sending again is safe: it stays one vote and counts once.",
    send: "Send my vote again",
    forget: "Do not send this vote again, and forget it on this device",
    close:
      "If you close this tab, vote again later from any device while voting is open. Only one vote of yours counts.",
  },

  ended: {
    closedTitle: "Voting has closed",
    closed: "Your vote was not taken, because voting on this law has closed.",
    notTakenTitle: "Your vote was not taken",
    notTaken:
      "When your vote was last sent, this law took no votes: voting had just closed or was suspended. The list of laws shows in some seconds whether voting is open.",
    openAgain:
      "When your vote was sent, this law took no votes. Nothing was counted. Voting is open again now: please vote again.",
    closedPlain: "Voting on this law has closed. You can no longer vote.",
    closedUnsure:
      "Voting on this law has closed. Whether your vote arrived in time is not known. If it did, it counts.",
    closedUnsureReceipt: "This receipt says so once it is known:",
    frozenUnsure:
      "Voting on this law is suspended at the moment. Whether your vote arrived before is not known. Come back later and send it again: it stays one vote and counts once.",
    soonTitle: "Voting is not open yet",
    soon: "You cannot vote on this law yet. Nothing was sent.",
    frozenTitle: "Voting is suspended",
    frozen: "No votes are taken on this law at the moment. What is counted stays counted. Please come back later.",
    frozenRefused:
      "Your vote was not taken, because voting on this law is suspended at the moment. Please come back later.",
    unknownLawTitle: "There is no such law",
    unknownLaw: "The address names a law that does not exist. Choose one from the list.",
    refusedTitle: "Your vote was not accepted",
    refused:
      "Your vote was refused, by the service or by something on the way there, such as your network. Nothing was counted. Start again; if this happens again, use another network, or ask the election office.",
    cannotSeal:
      "This page cannot seal your answer, because the service does not describe the law as it must. Nothing was sent. Start again; if this happens again, ask the election office.",
    awayTitle: "The service is not available",
    away: "There is no answer that this page can show. Try again in a minute.",
    offline: "Your device is not connected to the Internet. Connect it, then try again.",
    busyTitle: "Too many requests",
    busy: "Very many people are using the service, or many requests came from your network. Wait a minute, then try again.",
    lookAtReceipt: "Look at your receipt",
  },

  receipt: {
    title: "Your receipt",
    intro: "A receipt says what became of a vote. It never says what the vote was.",
    number: "Receipt number",
    numberHint: "It begins with A and is on your saved or printed receipt. Capital and small letters matter.",
    numberEmpty: "Enter a receipt number",
    numberWrong:
      "This is no receipt number. It is long, and has only letters, digits, dashes and underscores: enter all of it",
    file: "Or open a saved receipt",
    fileHint: "The file whose name begins with “receipt” or “recepisse”.",
    choose: "Choose a file",
    fileWrong: "This file is not a saved receipt",
    look: "Show the receipt",
    law: "Law",
    status: "Status",
    time: "Status since",
    statuses: {
      received: "Received",
      counted: "Counted",
      duplicate: "Not counted: you have voted before",
      invalid: "Not counted",
      lost: "Lost",
    },
    inDoubtTitle: "It is not known yet whether your vote arrived",
    inDoubtWait: "If it arrived, this page shows within minutes that it is counted.",
    inDoubt: "If it does not, send your vote again: it stays one vote and counts once.",
    inDoubtForgotten: "If it does not, vote again while voting is open: only one vote of yours counts.",
    inDoubtClosed:
      "If it does not, it can no longer be sent, because voting on this law has closed. Ask the election office.",
    inDoubtStatus: "Not known yet",
    receivedTitle: "Your vote has been received",
    received: "It is being checked. Usually that takes a few seconds; this page shows when it is counted.",
    receivedLong:
      "It is taking longer than usual. Your vote is safe. You can close this page and look at your receipt later.",
    countedTitle: "Your vote is counted",
    counted: "Thank you. There is nothing more to do.",
    duplicateTitle: "You have voted before",
    duplicate: "Another vote of yours arrived first. That one counts, this one does not.",
    duplicateHelp:
      "If nobody has voted with your letter before, tell the election office: somebody else may have used it.",
    invalidTitle: "Your vote does not count",
    invalid:
      "No voter on the roll of this law has this number with this code. Usually one of them is mistyped; in some codes, capital and small letters matter.",
    invalidHelp: "Compare both with your letter and vote again. If it does not help, ask the election office.",
    invalidClosed:
      "Voting on this law has closed, so you can no longer vote. If both are as in your letter, tell the election office.",
    codeReplaced: "When you voted, this code had been replaced by another one, in a new letter.",
    codeReplacedHelp: "Vote again with the code of the new letter. If you have none, ask the election office.",
    codeReplacedClosed:
      "Voting on this law has closed, so you can no longer vote. If you never got the new letter, tell the election office.",
    copied:
      "The sealed ballot that arrived with your vote is a copy of one that was there before. Copies do not count: they could betray somebody else's answer.",
    copiedHelp:
      "You have not voted yet. Vote again, with another device if you can, and tell the election office what happened.",
    copiedClosed:
      "Voting on this law has closed, so you can no longer vote. Tell the election office, and keep this receipt.",
    sealed:
      "Your answer is sealed. Only the trustees of this vote can open the ballots. They open them after voting has closed, all together and without names.",
    promise: "Promise of the voting service",
    promiseRight:
      "The voting service has signed that it took this vote, and this page has checked the signature. The signature does not show how you voted. Save the receipt if you want to prove to somebody that the service has your vote: the file has all that this needs, and paper does not.",
    promiseUnchecked:
      "The voting service has signed that it took this vote. This page could not check the signature just now. The signature does not show how you voted. Save this receipt: the signature can be checked later.",
    promiseWrong:
      "The signature that belongs to this receipt is not one of the voting service for this law. If this receipt comes from a file, the file may have been changed. Otherwise tell the election office.",
    tracker: "Tracker of your ballot",
    trackerWarning:
      "Save or print this receipt if you want to find your ballot in the published list. Everybody who sees the tracker can see your answer there: show it to nobody. The saved file has it too: remove it from the file before you give that to somebody.",
    struck: "When you voted, you were not on the roll of this law any more.",
    struckHelp: "If you think that this is a mistake, ask the election office.",
    lostTitle: "Your vote was lost",
    lost: "A failure of the system undid your vote after it was received. It is not counted.",
    lostHelp: "Please vote again: only one vote counts.",
    lostClosed:
      "Voting on this law has closed, so the vote can no longer be cast. Turn to the election office, and keep this receipt.",
    notNow: "No votes are taken on this law at the moment. Look again later.",
    ifOpen: "Whether voting is still open could not be read just now: the page of the vote says so.",
    voteAgain: "Vote again",
    unknownTitle: "There is no such receipt",
    unknown: "No vote was given this number. Check it, character by character; capital and small letters matter.",
    destroyedTitle: "This receipt was destroyed",
    destroyed:
      "The time in which this vote could be contested is over, and all records of voters and receipts were destroyed. The result stays.",
    awayTitle: "Your receipt cannot be read now",
    away: "The service is not available at the moment. Your vote is not affected. Try again in a minute.",
    busy: "Too many requests came at once. Your vote is not affected. Try again in a minute.",
    offline: "Your device is not connected to the Internet. Your vote is not affected.",
    save: "Save this receipt",
    saved: (file: string) => `Your browser saves the receipt as ${file}. Look for it among your downloads.`,
    print: "Print",
    another: "Look at another receipt",
    done: "Finish and forget this receipt on this device",
    keep: "To look at this receipt later, save or print it: this tab forgets it when it is closed.",
    where: (address: string) => `To look at this receipt again: ${address}`,
  },

  results: {
    title: "Results and turnout",
    choose: "Choose a law.",
    of: (title: string) => `Results and turnout: ${title}`,
    progress: {
      not_open_yet: "No votes are counted before voting opens.",
      open: "Votes are still being counted, and these figures will change.",
      frozen: "Voting is suspended. What is counted stays counted.",
      closed: "Voting has closed. The last votes may still be counted for some minutes.",
    },
    final: "Voting has closed, and the count is final.",
    afterClose: "Votes are being counted. The count is published after voting has closed.",
    soon: "Voting has closed. The count is published when the last votes are counted.",
    sealed: "Ballots are sealed. They are opened and counted after voting has closed.",
    opening: "Voting has closed. The trustees open the sealed ballots; the count is published when two openings agree.",
    valid: "Valid ballots",
    spoiled: "Spoiled ballots",
    all: "All ballots",
    spoiledShare: (share: string) => `Spoiled ballots: ${share} of all ballots`,
    spoiledHint:
      "Shares are those of valid ballots. A spoiled ballot does not open, or has no answer that could be chosen. It is part of the turnout.",
    updates: "This page updates by itself.",
    paused: "Updates are paused.",
    pause: "Pause updates",
    resume: "Resume updates",
    counts: "Votes counted",
    answer: "Answer",
    votes: "Votes",
    share: "Share",
    shareText: (name: string, share: string) => `${name}: ${share}`,
    total: "Total",
    noVotes: "No count is published yet.",
    nobodyVoted: "No vote was counted.",
    changed: (time: string) => `This count was published on ${time}.`,
    turnout: "Turnout",
    turnoutText: (voted: string, eligible: string, share: string) =>
      `People who have voted: ${voted}. People on the voter roll, with announced changes: ${eligible} (${share}).`,
    turnoutStruck:
      "More people have voted than are on the roll now, because people who were struck off the roll after voting are still among those who have voted.",
    turnoutNoRoll: (voted: string) => `People who have voted: ${voted}.`,
    byHour: "Votes by hour",
    period: "Received",
    plotHours: (count: number, most: string) =>
      `Bar chart of ${count} ${count === 1 ? "period" : "periods"}; votes per hour in the highest: ${most}. The table below has the votes of each period.`,
    perHour: "Votes per hour",
    votesIn: (period: string, votes: string) => `${period}, votes: ${votes}`,
    joined: "Hours with too few votes to be shown alone are joined with the hours beside them.",
    stale: "The latest numbers could not be read. These are the last ones known.",
    print: "Print",
  },
};

/** The texts of a language. */
export type Texts = typeof en;
