import com.google.api.gax.core.CredentialsProvider;
import com.google.api.gax.core.FixedCredentialsProvider;
import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.httpjson.HttpJsonCallContext;
import com.google.api.gax.httpjson.longrunning.OperationsClient;
import com.google.api.gax.httpjson.longrunning.stub.OperationsStubSettings;
import com.google.api.gax.retrying.RetrySettings;
import com.google.api.gax.rpc.ApiException;
import com.google.auth.oauth2.AccessToken;
import com.google.auth.oauth2.OAuth2Credentials;
import com.google.cloud.filestore.v1.CloudFilestoreManagerClient;
import com.google.cloud.filestore.v1.CloudFilestoreManagerSettings;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.longrunning.CancelOperationRequest;
import com.google.longrunning.GetOperationRequest;
import com.google.longrunning.Operation;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Drives google-cloud-filestore, a client on gax-httpjson: one JSON line in, one JSON line out. */
public final class Driver {
  private static final Map<String, OperationsClient> CLIENTS = new HashMap<>();

  private static OperationsClient client(String endpoint) throws IOException {
    if (!CLIENTS.containsKey(endpoint)) {
      CloudFilestoreManagerSettings settings =
          CloudFilestoreManagerSettings.newHttpJsonBuilder()
              .setTransportChannelProvider(
                  CloudFilestoreManagerSettings.defaultHttpJsonTransportProviderBuilder()
                      .setEndpoint(endpoint)
                      .build())
              .setCredentialsProvider(credentials())
              .build();
      CLIENTS.put(endpoint, CloudFilestoreManagerClient.create(settings).getHttpJsonOperationsClient());
    }
    return CLIENTS.get(endpoint);
  }

  private static CredentialsProvider credentials() {
    String token = System.getenv("LRO_CONFORMANCE_TOKEN");
    if (token == null) {
      return NoCredentialsProvider.create();
    }
    return FixedCredentialsProvider.create(
        new OAuth2Credentials() {
          @Override
          public AccessToken refreshAccessToken() {
            return new AccessToken(token, null);
          }
        });
  }

  private static JsonObject call(JsonObject request) throws IOException {
    OperationsClient operations = client(request.get("endpoint").getAsString());
    String name = request.get("name").getAsString();
    HttpJsonCallContext context =
        within(Duration.ofMillis(request.get("timeout_ms").getAsInt()));
    if (request.get("method").getAsString().equals("cancel")) {
      CancelOperationRequest cancel = CancelOperationRequest.newBuilder().setName(name).build();
      operations.cancelOperationCallable().call(cancel, context);
      return reply("ok", null);
    }
    GetOperationRequest get = GetOperationRequest.newBuilder().setName(name).build();
    Operation operation = operations.getOperationCallable().call(get, context);
    JsonObject seen = new JsonObject();
    seen.addProperty("name", operation.getName());
    seen.addProperty("done", operation.getDone());
    seen.addProperty("response", operation.hasResponse());
    if (operation.hasError()) {
      JsonObject error = new JsonObject();
      error.addProperty("code", operation.getError().getCode());
      error.addProperty("message", operation.getError().getMessage());
      seen.add("error", error);
    }
    JsonObject reply = reply("ok", null);
    reply.add("operation", seen);
    return reply;
  }

  /**
   * The client's own settings, with a deadline for all attempts together. An attempt has what is left of it, unless the
   * context has a timeout of its own: that would be the time of each attempt anew.
   */
  private static HttpJsonCallContext within(Duration deadline) throws IOException {
    RetrySettings retries =
        OperationsStubSettings.newBuilder().build().cancelOperationSettings().getRetrySettings().toBuilder()
            .setTotalTimeoutDuration(deadline)
            .setInitialRpcTimeoutDuration(deadline)
            .setMaxRpcTimeoutDuration(deadline)
            .build();
    return HttpJsonCallContext.createDefault().withRetrySettings(retries);
  }

  private static JsonObject outcome(JsonObject request) {
    if (request.has("transport") && request.get("transport").getAsString().equals("grpc")) {
      return reply("unsupported", null);
    }
    try {
      return call(request);
    } catch (ApiException error) {
      JsonObject reply = reply("rpc_error", error);
      reply.addProperty("code", error.getStatusCode().getCode().name());
      if (error.getStatusCode().getTransportCode() instanceof Integer status) {
        reply.addProperty("http_status", status);
      }
      return reply;
    } catch (Exception error) {
      return reply("client_error", error);
    }
  }

  private static JsonObject reply(String outcome, Exception error) {
    JsonObject reply = new JsonObject();
    reply.addProperty("outcome", outcome);
    if (error != null) {
      reply.addProperty("message", error.toString());
    }
    return reply;
  }

  public static void main(String[] arguments) throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream replies = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonObject request = JsonParser.parseString(line).getAsJsonObject();
      JsonObject reply = outcome(request);
      reply.add("id", request.get("id"));
      replies.println(reply);
    }
    System.exit(0); // the client's threads are no daemons
  }
}
