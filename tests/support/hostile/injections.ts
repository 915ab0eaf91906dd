/** Stands in every injection string, so that an answer, a log or a page that repeats one of them is recognised. */
export const MARKER = "Zq7x";

/** Strings that would do harm if a store, a log, a terminal or a page treated them as more than text. */
export const INJECTIONS: readonly string[] = [
  // SQL
  `${MARKER}' or '1'='1`,
  `${MARKER}'); drop table ballots; --`,
  `${MARKER}"; delete from participation; --`,
  `${MARKER}' union select code from voter_roll --`,
  `{${MARKER},"a\\"b",NULL}`,
  `\\x${MARKER}`,
  `$1 $2 $3 ${MARKER}`,
  // Redis
  `${MARKER}\r\nFLUSHALL\r\n`,
  `*1\r\n$8\r\nFLUSHALL\r\n${MARKER}`,
  `roll:{${MARKER}:0000}`,
  `${MARKER}") redis.call("FLUSHALL") --`,
  // DynamoDB and JSON
  `${MARKER}","status":{"S":"counted"},"x":"`,
  `{"$ne":"${MARKER}"}`,
  // Terminals
  `\u001b[31m${MARKER}\u001b[2J`,
  `\u009b31m${MARKER}`,
  `\u001b]0;${MARKER}\u0007`,
  `${MARKER}\b\b\b\bgone`,
  `\u202e${MARKER}\u202c`,
  `${MARKER}\rovertyped`,
  // Pages
  `<script>${MARKER}</script>`,
  `"><img src=x onerror=${MARKER}>`,
  `' onmouseover='${MARKER}`,
  `</title><svg/onload=${MARKER}>`,
  `javascript:${MARKER}`,
  `&lt;${MARKER}&#60;`,
  // Logs
  `${MARKER}\n{"level":"ERROR","message":"forged"}`,
  `${MARKER}\r\nHTTP/1.1 200 OK\r\n\r\n`,
  `${MARKER}\u2028forged\u2029`,
  `${MARKER}\u0085forged`,
  // Formats, templates, spreadsheets, shells, paths
  `%s%n%x%d${MARKER}`,
  `\${jndi:ldap://${MARKER}}`,
  `{{${MARKER}}}\${${MARKER}}#{${MARKER}}`,
  `=cmd|'/C ${MARKER}'!A0`,
  `@SUM(${MARKER})`,
  `+${MARKER}`,
  `$(${MARKER})\`${MARKER}\`;|&`,
  `../../../${MARKER}`,
  `..\\..\\${MARKER}`,
  `%2e%2e%2f${MARKER}%00`,
  // Text that is hard to hold
  `${MARKER}\u0000`,
  `\u0000${MARKER}`,
  `\ufeff${MARKER}`,
  `\ufffe\uffff${MARKER}`,
  `${MARKER}\u{10ffff}👩‍👩‍👧`,
  `ＺｑZq7x１２３`,
  `${MARKER}${"A".repeat(300)}`,
];
