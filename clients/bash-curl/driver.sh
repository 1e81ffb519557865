#!/bin/bash
# One JSON line in, one JSON line out.
hello='{"outcome": "ok", "sdk": {"name": "curl"}, "methods": ["cancel", "get"], "transports": ["rest"]}'
told='(.name | split("/") | map(@uri) | join("/")) as $path
  | @sh "id=\(.id) method=\(.method) endpoint=\(.endpoint) path=\($path) seconds=\(.timeout_ms / 1000)"'
reply='(. | split("\n")) as $lines | ($lines[-1] | tonumber? // 0) as $status | ($lines[:-1] | join("\n")) as $text
  | (try ($text | fromjson) catch null) as $body
  | {id: $id} + (if $exit != 0 then {outcome: "transport_error", message: "curl: exit status \($exit)"}
    elif $status >= 300 then
      {outcome: "rpc_error", code: null, http_status: $status, message: ($body.error.message? // "")}
    elif $method == "cancel" and $text == "" then {outcome: "ok"}
    elif ($body | type) != "object" then {outcome: "decode_error", message: "not a JSON object"}
    elif $method == "cancel" then {outcome: "ok"}
    else {outcome: "ok", operation: {name: $body.name, done: ($body.done == true), response: ($body.response != null),
      error: ($body.error | if . then {code: (.code // 0), message} else null end)}} end)'

call() {
  cancel=() verb=
  if [ "$method" = cancel ]; then verb=:cancel cancel=(-X POST -d '{}' -H 'Content-Type: application/json'); fi
  curl -s --path-as-is --max-time "$seconds" -H "Authorization: Bearer $LRO_CONFORMANCE_TOKEN" -w '\n%{http_code}' \
    "${cancel[@]}" "$endpoint/v1/$path$verb"
}

jq -r --unbuffered "$told" | while IFS= read -r line; do
  eval "$line"
  if [ "$method" = hello ]; then
    jq -c --argjson id "$id" '{id: $id} + .' <<<"$hello"
  else
    answer=$(call)
    exit=$?
    printf %s "$answer" | jq -Rsc --argjson id "$id" --arg method "$method" --argjson exit $exit "$reply"
  fi
done
