// Drives google.golang.org/api/beyondcorp/v1: one JSON line in, one JSON line out. It speaks REST only.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"time"

	"golang.org/x/oauth2"
	beyondcorp "google.golang.org/api/beyondcorp/v1"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
)

type request struct {
	ID        int    `json:"id"`
	Method    string `json:"method"`
	Endpoint  string `json:"endpoint"`
	Name      string `json:"name"`
	TimeoutMS int    `json:"timeout_ms"`
	Transport string `json:"transport"`
}

type object = map[string]any

func call(ctx context.Context, r request) (object, error) {
	credentials := option.WithoutAuthentication()
	if token := os.Getenv("LRO_CONFORMANCE_TOKEN"); token != "" {
		credentials = option.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}))
	}
	service, err := beyondcorp.NewService(ctx, option.WithEndpoint(r.Endpoint), credentials)
	if err != nil {
		return nil, err
	}
	operations := service.Projects.Locations.Operations
	if r.Method == "cancel" {
		_, err := operations.Cancel(r.Name, &beyondcorp.GoogleLongrunningCancelOperationRequest{}).Context(ctx).Do()
		return object{"outcome": "ok"}, err
	}
	operation, err := operations.Get(r.Name).Context(ctx).Do()
	if err != nil {
		return nil, err
	}
	response := string(operation.Response) // raw JSON
	seen := object{"name": operation.Name, "done": operation.Done, "response": response != "" && response != "null"}
	if operation.Error != nil {
		seen["error"] = object{"code": operation.Error.Code, "message": operation.Error.Message}
	}
	return object{"outcome": "ok", "operation": seen}, nil
}

func outcome(r request) object {
	if r.Transport == "grpc" {
		return object{"outcome": "unsupported"}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(r.TimeoutMS)*time.Millisecond)
	defer cancel()
	reply, err := call(ctx, r)
	var answer *googleapi.Error
	var transport *url.Error
	switch {
	case err == nil:
		return reply
	case errors.As(err, &answer):
		return object{"outcome": "rpc_error", "code": nil, "http_status": answer.Code, "message": answer.Message}
	case errors.As(err, &transport), errors.Is(err, context.DeadlineExceeded):
		return object{"outcome": "transport_error", "message": err.Error()}
	default:
		return object{"outcome": "decode_error", "message": err.Error()}
	}
}

func main() {
	lines, replies := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var r request
		if lines.Decode(&r) != nil {
			return
		}
		reply := outcome(r)
		reply["id"] = r.ID
		replies.Encode(reply)
	}
}
