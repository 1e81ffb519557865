// Drives @google-cloud/filestore, a client on google-gax, over REST and gRPC: one JSON line in, one JSON line out.
'use strict';
const readline = require('node:readline');
const {CloudFilestoreManagerClient} = require('@google-cloud/filestore');
const {OAuth2Client, PassThroughClient} = require('google-auth-library');
const {GoogleAuth, grpc} = require('google-gax');

const token = process.env.LRO_CONFORMANCE_TOKEN;
const authClient = token ? new OAuth2Client({credentials: {access_token: token}}) : new PassThroughClient();
const auth = new GoogleAuth({authClient});
const clients = new Map();

function client({endpoint, transport}) {
  const key = `${transport} ${endpoint}`;
  if (!clients.has(key)) {
    const {hostname: apiEndpoint, port} = new URL(endpoint);
    const plain = transport === 'grpc' ? {sslCreds: grpc.credentials.createInsecure()} : {fallback: true, protocol: 'http'};
    clients.set(key, new CloudFilestoreManagerClient({apiEndpoint, port: Number(port), auth, ...plain}));
  }
  return clients.get(key);
}

async function call(request) {
  const {method, name, timeout_ms: timeout} = request;
  if (method === 'cancel') {
    await client(request).cancelOperation({name}, {timeout});
    return {outcome: 'ok'};
  }
  const [{name: seen, done, error, response}] = await client(request).getOperation({name}, {timeout});
  const status = error && {code: error.code, message: error.message};
  return {outcome: 'ok', operation: {name: seen, done, error: status, response: Boolean(response)}};
}

async function outcome(request) {
  try {
    return await call(request);
  } catch ({code, httpStatusCode: http_status, message}) {
    // Whatever happened on the way is a GoogleError with a code; before that, anything else is thrown.
    if (code === undefined && http_status === undefined) return {outcome: 'client_error', message};
    return {outcome: 'rpc_error', code: grpc.status[code] ?? null, http_status, message};
  }
}

// What the SDK throws where nobody can catch it would end the process; it is what became of the call.
let crash;
process.on('uncaughtException', error => crash(error));

function crashes() {
  return new Promise(resolve => {
    crash = ({stack}) => resolve({outcome: 'client_error', message: stack});
  });
}

(async () => {
  for await (const line of readline.createInterface({input: process.stdin})) {
    const request = JSON.parse(line);
    const what = await Promise.race([outcome(request), crashes()]);
    process.stdout.write(JSON.stringify({id: request.id, ...what}) + '\n');
  }
})();
