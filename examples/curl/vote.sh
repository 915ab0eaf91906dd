#!/bin/sh
# Votes once by curl and waits for the receipt: NAS=… CODE=… sh vote.sh oui|non
# API and LAW_ID name another stack or law than the sample of `npm start`.
set -eu

API=${API:-http://127.0.0.1:8000}
LAW_ID=${LAW_ID:-L2025-001}
CHOICE=${1:?"usage: NAS=… CODE=… sh vote.sh oui|non"}
: "${NAS:?"set NAS to the voter's number"}" "${CODE:?"set CODE to the voter's code"}"

# The name of this submission. Repetitions with the same key are the same submission, so keep the key until a 202.
KEY=${KEY:-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')}

# A member of a JSON object of the API: its values have no quotes in them.
member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

# The vote goes in by standard input, because every user of the machine can read arguments. curl repeats the request after
# no answer, 408, 429 and 5xx, and waits for Retry-After. The last line of its output is the status of the answer.
answer=$(printf '{"nas":"%s","code":"%s","law_id":"%s","vote":"%s"}' "$NAS" "$CODE" "$LAW_ID" "$CHOICE" |
  curl -sS "$API/api/v1/vote" --max-time 10 --retry 8 --retry-max-time 60 --retry-all-errors -w '\n%{http_code}' \
    -H 'content-type: application/json' -H "Idempotency-Key: $KEY" --data-binary @-) || answer="no answer"
if [ "${answer##*[!0-9]}" != 202 ]; then
  echo "Not confirmed: $answer" >&2
  echo "It is safe to repeat this command with KEY=$KEY." >&2
  exit 1
fi
request_id=$(printf '%s' "$answer" | member request_id)

# Votes are usually counted within three seconds.
tries=0
while [ "$tries" -lt 60 ]; do
  receipt=$(curl -sS --max-time 10 --retry 5 "$API/api/v1/votes/$request_id")
  status=$(printf '%s' "$receipt" | member status)
  case $status in
  counted | duplicate | invalid | lost)
    echo "$status"
    exit 0
    ;;
  esac
  tries=$((tries + 1))
  sleep 1
done
echo "The vote is accepted but not decided yet. Its receipt is at $API/api/v1/votes/$request_id" >&2
exit 3
