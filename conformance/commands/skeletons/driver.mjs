// Drives your SDK for `lro-conformance sdk -- node driver.mjs`: one JSON line in, one JSON line out.
//
// Fill in `cancel` and `get`; the rest is the protocol. stdout is for replies only: let logs go to stderr.
import { createInterface } from "node:readline";

// Cancel the operation with your SDK; `timeout` (milliseconds) is for the whole call, retries included.
async function cancel(endpoint, name, timeout) {
  throw new Error("call your SDK here: client(endpoint).cancelOperation(name, { timeout })");
}

// The operation as your SDK shows it: { name, done, error: { code, message } or null, response: true or false }
async function get(endpoint, name, timeout) {
  throw new Error("call your SDK here, and return name, done, error and response");
}

async function replyTo({ method, endpoint, name, timeout_ms: timeout }) {
  if (method === "hello") {
    return { outcome: "ok", sdk: { name: "your-sdk", version: "0" }, methods: ["cancel", "get"] };
  }
  try {
    if (method === "cancel") {
      await cancel(endpoint, name, timeout);
      return { outcome: "ok" };
    }
    return { outcome: "ok", operation: await get(endpoint, name, timeout) };
  } catch (error) {
    // Tell apart what your SDK throws:
    //   an error of the API:  { outcome: "rpc_error", code: "NOT_FOUND", http_status: 404, message: error.message }
    //   no answer came:       { outcome: "transport_error", message: error.message }
    return { outcome: "client_error", message: String(error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const told = JSON.parse(line);
  process.stdout.write(JSON.stringify({ id: told.id, ...(await replyTo(told)) }) + "\n");
}
