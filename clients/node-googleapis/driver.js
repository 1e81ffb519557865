// Drives beyondcorp v1 of googleapis: one JSON line in, one JSON line out. It speaks REST only.
'use strict';
const readline = require('node:readline');
const {auth: oauth, beyondcorp} = require('googleapis/build/src/apis/beyondcorp');

const token = process.env.LRO_CONFORMANCE_TOKEN;
const auth = token && new oauth.OAuth2();
if (auth) auth.setCredentials({access_token: token});

async function call({endpoint, method, name, timeout_ms: timeout}) {
  const service = beyondcorp({version: 'v1', rootUrl: `${endpoint}/`, auth});
  const {operations} = (name.startsWith('organizations/') ? service.organizations : service.projects).locations;
  if (method === 'cancel') {
    await operations.cancel({name}, {timeout});
    return {outcome: 'ok'};
  }
  // What is no JSON comes back as text, and as a success.
  const {name: seen = '', done, error, response} = (await operations.get({name}, {timeout})).data;
  return {outcome: 'ok', operation: {name: seen, done: Boolean(done), error, response: Boolean(response)}};
}

async function outcome(request) {
  if (request.transport === 'grpc') return {outcome: 'unsupported'};
  try {
    return await call(request);
  } catch (error) {
    const {message} = error;
    if (error.response) return {outcome: 'rpc_error', code: null, http_status: error.response.status, message};
    return {outcome: error.config ? 'transport_error' : 'client_error', message};
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
