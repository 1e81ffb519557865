//! Drives google-cloud-beyondcorp-appconnections-v1: one JSON line in, one JSON line out. It speaks REST only.
#![allow(deprecated)] // the service is, and its client is as those of all others

use google_cloud_auth::credentials::{CacheableResource, Credentials, CredentialsProvider, EntityTag, anonymous};
use google_cloud_auth::errors::CredentialsError;
use google_cloud_beyondcorp_appconnections_v1::client::AppConnectionsService;
use google_cloud_gax::error::Error;
use google_cloud_gax::options::RequestOptionsBuilder;
use google_cloud_gax::retry_policy::{Aip194Strict, RetryPolicyExt};
use google_cloud_longrunning::model::Operation;
use http::{Extensions, HeaderMap, HeaderValue};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::error::Error as _;
use std::io::BufRead;
use std::time::Duration;

/// The token of the gate, which is always the same.
#[derive(Debug)]
struct Bearer(HeaderMap);

impl CredentialsProvider for Bearer {
    async fn headers(&self, _: Extensions) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        Ok(CacheableResource::New { entity_tag: EntityTag::default(), data: self.0.clone() })
    }

    async fn universe_domain(&self) -> Option<String> {
        None
    }
}

fn credentials() -> Credentials {
    let Ok(token) = std::env::var("LRO_CONFORMANCE_TOKEN") else {
        return anonymous::Builder::new().build();
    };
    let bearer = HeaderValue::from_str(&format!("Bearer {token}")).expect("the token is printable");
    Credentials::from(Bearer(HeaderMap::from_iter([(http::header::AUTHORIZATION, bearer)])))
}

/// The client's own policy of retries with another time limit: it is the only deadline of a whole call.
fn within<B: RequestOptionsBuilder>(call: B, deadline: Duration) -> B {
    let policy = Aip194Strict.with_attempt_limit(10).with_time_limit(deadline);
    call.with_retry_policy(policy).with_attempt_timeout(deadline)
}

async fn call(client: &AppConnectionsService, request: &Value) -> Result<Value, Error> {
    let name = request["name"].as_str().unwrap_or_default();
    let deadline = Duration::from_millis(request["timeout_ms"].as_u64().unwrap_or_default());
    if request["method"] == "cancel" {
        within(client.cancel_operation().set_name(name), deadline).send().await?;
        return Ok(json!({"outcome": "ok"}));
    }
    let operation = within(client.get_operation().set_name(name), deadline).send().await?;
    Ok(json!({"outcome": "ok", "operation": shown(&operation)}))
}

fn shown(operation: &Operation) -> Value {
    let error = operation.error().map(|error| json!({"code": error.code, "message": error.message}));
    json!({"name": operation.name, "done": operation.done, "error": error, "response": operation.response().is_some()})
}

fn failed(error: &Error) -> Value {
    // That the attempts are exhausted is said by an error whose source is what was answered last.
    if let Some(last) = error.source().and_then(|source| source.downcast_ref::<Error>()) {
        return failed(last);
    }
    let (text, status) = (format!("{error:?}"), error.http_status_code());
    if let Some(found) = error.status() {
        let code = found.code.name();
        return json!({"outcome": "rpc_error", "code": code, "http_status": status, "message": found.message});
    }
    let outcome = match (status, error) {
        (_, error) if error.is_deserialization() => "decode_error",
        (Some(_), _) => "rpc_error",
        (_, error) if error.is_io() || error.is_connect() || error.is_timeout() || error.is_exhausted() => {
            "transport_error"
        }
        (_, error) if error.is_transport() => "transport_error",
        _ => "client_error",
    };
    json!({"outcome": outcome, "code": null, "http_status": status, "message": text})
}

async fn reply(clients: &mut HashMap<String, AppConnectionsService>, request: &Value) -> Value {
    if request["transport"] == "grpc" {
        return json!({"outcome": "unsupported"});
    }
    let endpoint = request["endpoint"].as_str().unwrap_or_default();
    if !clients.contains_key(endpoint) {
        let made = AppConnectionsService::builder().with_endpoint(endpoint).with_credentials(credentials());
        match made.build().await {
            Ok(client) => clients.insert(endpoint.to_string(), client),
            Err(error) => return json!({"outcome": "client_error", "message": error.to_string()}),
        };
    }
    call(&clients[endpoint], request).await.unwrap_or_else(|error| failed(&error))
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() {
    let mut clients = HashMap::new();
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line.expect("a line of text")).expect("a line of JSON");
        let mut reply = reply(&mut clients, &request).await;
        reply["id"] = request["id"].clone();
        println!("{reply}");
    }
}
