import com.google.api.client.googleapis.services.json.AbstractGoogleJsonClient;
import com.google.api.client.googleapis.services.json.AbstractGoogleJsonClientRequest;
import com.google.api.client.http.HttpRequestInitializer;
import com.google.api.client.http.javanet.NetHttpTransport;
import com.google.api.client.json.GenericJson;
import com.google.api.client.json.JsonFactory;
import com.google.api.client.util.Key;
import com.google.api.client.util.Preconditions;
import java.util.Map;
import java.util.regex.Pattern;

/** The operations of beyondcorp v1 on google-api-client, in the way of the clients that are generated for it. */
public final class Operations extends AbstractGoogleJsonClient {
  private static final Pattern NAME =
      Pattern.compile("^(projects|organizations)/[^/]+/locations/[^/]+/operations/[^/]+$");

  public Operations(String rootUrl, JsonFactory json, HttpRequestInitializer initializer) {
    super(new Builder(rootUrl, json, initializer));
  }

  public Cancel cancel(String name) {
    return new Cancel(this, name);
  }

  public Get get(String name) {
    return new Get(this, name);
  }

  private static String checked(String name) {
    Preconditions.checkArgument(NAME.matcher(name).matches(), "Parameter name must conform to the pattern " + NAME);
    return name;
  }

  public static final class Cancel extends AbstractGoogleJsonClientRequest<GenericJson> {
    @Key private String name;

    Cancel(Operations client, String name) {
      super(client, "POST", "v1/{+name}:cancel", new GenericJson(), GenericJson.class);
      this.name = checked(name);
    }
  }

  public static final class Get extends AbstractGoogleJsonClientRequest<Operation> {
    @Key private String name;

    Get(Operations client, String name) {
      super(client, "GET", "v1/{+name}", null, Operation.class);
      this.name = checked(name);
    }
  }

  public static final class Operation extends GenericJson {
    @Key public String name;
    @Key public Boolean done;
    @Key public Status error;
    @Key public Map<String, Object> response;
    @Key public Map<String, Object> metadata;
  }

  public static final class Status extends GenericJson {
    @Key public Integer code;
    @Key public String message;
  }

  private static final class Builder extends AbstractGoogleJsonClient.Builder {
    Builder(String rootUrl, JsonFactory json, HttpRequestInitializer initializer) {
      super(new NetHttpTransport(), json, rootUrl, "", initializer, false);
      setApplicationName("driver");
    }

    @Override
    public Operations build() {
      throw new UnsupportedOperationException("its constructor is called");
    }
  }
}
