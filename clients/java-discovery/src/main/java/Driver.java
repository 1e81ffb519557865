import com.google.api.client.googleapis.json.GoogleJsonError;
import com.google.api.client.googleapis.json.GoogleJsonResponseException;
import com.google.api.client.http.HttpRequestInitializer;
import com.google.api.client.http.HttpResponseException;
import com.google.api.client.json.GenericJson;
import com.google.api.client.json.JsonFactory;
import com.google.api.client.json.gson.GsonFactory;
import com.google.api.client.util.Data;
import com.google.auth.http.HttpCredentialsAdapter;
import com.google.auth.oauth2.AccessToken;
import com.google.auth.oauth2.GoogleCredentials;
import com.google.gson.JsonParseException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Drives google-api-client for Java: one JSON line in, one JSON line out. It speaks REST only. */
public final class Driver {
  private static final JsonFactory JSON = GsonFactory.getDefaultInstance();
  private static final Map<String, Operations> SERVICES = new HashMap<>();
  private static int timeout;

  private static Operations service(String endpoint) {
    return SERVICES.computeIfAbsent(endpoint, url -> new Operations(url + "/", JSON, initializer()));
  }

  /** The token of the gate, and the deadline: the client has one to connect and one for each read. */
  private static HttpRequestInitializer initializer() {
    String token = System.getenv("LRO_CONFORMANCE_TOKEN");
    HttpRequestInitializer credentials =
        token == null ? request -> {} : new HttpCredentialsAdapter(GoogleCredentials.create(new AccessToken(token, null)));
    return request -> {
      credentials.initialize(request);
      request.setConnectTimeout(timeout).setReadTimeout(timeout);
    };
  }

  private static GenericJson call(Map<String, Object> request) throws IOException {
    String name = (String) request.get("name");
    Operations operations = service((String) request.get("endpoint"));
    timeout = ((Number) request.get("timeout_ms")).intValue();
    if (request.get("method").equals("cancel")) {
      operations.cancel(name).execute();
      return reply("ok");
    }
    Operations.Operation operation = operations.get(name).execute();
    return reply("ok").set("operation", shown(operation));
  }

  private static GenericJson shown(Operations.Operation operation) {
    GenericJson seen = object();
    seen.set("name", operation.name);
    seen.set("done", Boolean.TRUE.equals(operation.done));
    seen.set("response", isThere(operation.response));
    if (isThere(operation.error)) {
      Integer code = operation.error.code;
      seen.set("error", object().set("code", code == null ? 0 : code).set("message", operation.error.message));
    }
    return seen;
  }

  /** The client has an object of its own for the null of JSON. */
  private static boolean isThere(Object value) {
    return value != null && !Data.isNull(value);
  }

  private static GenericJson outcome(Map<String, Object> request) {
    if ("grpc".equals(request.get("transport"))) {
      return reply("unsupported");
    }
    try {
      return call(request);
    } catch (GoogleJsonResponseException error) {
      GoogleJsonError details = error.getDetails();
      String message = details == null ? "" : details.getMessage();
      return reply("rpc_error").set("http_status", error.getStatusCode()).set("message", message);
    } catch (HttpResponseException error) {
      return reply("rpc_error").set("http_status", error.getStatusCode()).set("message", error.getContent());
    } catch (JsonParseException | com.google.gson.stream.MalformedJsonException error) {
      return reply("decode_error").set("message", error.toString());
    } catch (IOException error) {
      return reply("transport_error").set("message", error.toString());
    } catch (Exception error) {
      return reply("client_error").set("message", error.toString());
    }
  }

  private static GenericJson reply(String outcome) {
    return object().set("outcome", outcome);
  }

  private static GenericJson object() {
    GenericJson object = new GenericJson();
    object.setFactory(JSON);
    return object;
  }

  @SuppressWarnings("unchecked")
  public static void main(String[] arguments) throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream replies = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Map<String, Object> request = JSON.fromString(line, GenericJson.class);
      replies.println(outcome(request).set("id", request.get("id")));
    }
  }
}
