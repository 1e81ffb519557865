// An Express service that keeps the contract of long-running operations, in one file: `npm install && node service.mjs`.
import { randomUUID } from "node:crypto";
import express from "express";

const SECONDS = 60;
const PARENT = "/v1/projects/:project/locations/:location";
const app = express();
app.enable("case sensitive routing"); // by default :Cancel and /Operations/ would cancel, too
app.enable("strict routing"); // and so would :cancel/
app.disable("x-powered-by");

const operations = new Map();
const nameOf = ({ project, location, operation }) =>
  `projects/${project}/locations/${location}/operations/${operation}`;

function fail(response, code, status, message) {
  const reason = { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: status, domain: "service.example.com" };
  response.status(code).json({ error: { code, message, status, details: [reason] } });
}

// Express reads `{}` from an empty body only if it does not read the body at all: the text is read, and parsed here.
app.use(express.text({ type: () => true }));

app.post(`${PARENT}/things`, (request, response) => {
  const name = nameOf({ ...request.params, operation: randomUUID() });
  const operation = { name, done: false };
  operations.set(name, operation);
  setTimeout(() => {
    if (!operation.done) Object.assign(operation, { done: true, response: { "@type": "type.googleapis.com/google.protobuf.Empty" } });
  }, SECONDS * 1000).unref();
  response.json(operation);
});

app.get(`${PARENT}/operations`, (request, response) => {
  const parent = nameOf({ ...request.params, operation: "" });
  response.json({ operations: [...operations.values()].filter(({ name }) => name.startsWith(parent)) });
});

app.get(`${PARENT}/operations/:operation`, (request, response) => {
  const found = operations.get(nameOf(request.params));
  if (found) response.json(found);
  else fail(response, 404, "NOT_FOUND", `Operation ${nameOf(request.params)} was not found.`);
});

app.delete(`${PARENT}/operations/:operation`, (request, response) => {
  if (operations.delete(nameOf(request.params))) response.json({});
  else fail(response, 404, "NOT_FOUND", `Operation ${nameOf(request.params)} was not found.`);
});

app.post(`${PARENT}/operations/:operation\\:cancel`, (request, response) => {
  let message;
  try {
    message = JSON.parse(request.body || "{}");
  } catch {
    message = null;
  }
  if (message === null || typeof message !== "object" || Array.isArray(message)) {
    return fail(response, 400, "INVALID_ARGUMENT", "The body is not a JSON object.");
  }
  const found = operations.get(nameOf(request.params));
  if (!found) return fail(response, 404, "NOT_FOUND", `Operation ${nameOf(request.params)} was not found.`);
  if (!found.done) Object.assign(found, { done: true, error: { code: 1, message: "The operation was cancelled." } });
  return response.json({});
});

app.use((request, response) => fail(response, 404, "NOT_FOUND", `${request.method} ${request.path} was not found.`));
app.use((error, _request, response, _next) => {
  const code = error.status ?? 500;
  fail(response, code, code === 500 ? "INTERNAL" : "INVALID_ARGUMENT", "The request cannot be read.");
});

const server = app.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
