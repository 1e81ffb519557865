// Drives cloud.google.com/go/beyondcorp/appconnections/apiv1, and `Poll()` of its operations, over gRPC: one JSON line
// in, one JSON line out.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"time"

	appconnections "cloud.google.com/go/beyondcorp/appconnections/apiv1"
	pb "cloud.google.com/go/longrunning/autogen/longrunningpb"
	gax "github.com/googleapis/gax-go/v2"
	"github.com/googleapis/gax-go/v2/apierror"
	"google.golang.org/api/option"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

type request struct {
	ID        int    `json:"id"`
	Method    string `json:"method"`
	Endpoint  string `json:"endpoint"`
	Name      string `json:"name"`
	TimeoutMS int    `json:"timeout_ms"`
	PollMS    int    `json:"poll_ms"`
	Transport string `json:"transport"`
}

type object = map[string]any

var hello = object{
	"outcome":    "ok",
	"sdk":        object{"name": "cloud.google.com/go/beyondcorp", "version": "1.11.1"},
	"methods":    []string{"cancel", "get", "wait", "delete"},
	"transports": []string{"grpc"},
}

var clients = map[string]*appconnections.Client{}

func client(endpoint string) (*appconnections.Client, error) {
	known := clients[endpoint]
	if known != nil {
		return known, nil
	}
	known, err := appconnections.NewClient(context.Background(),
		option.WithEndpoint(strings.TrimPrefix(endpoint, "http://")), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	clients[endpoint] = known
	return known, err
}

func call(ctx context.Context, r request) (object, error) {
	connections, err := client(r.Endpoint)
	if err != nil {
		return nil, err
	}
	switch r.Method {
	case "cancel":
		return object{"outcome": "ok"}, connections.CancelOperation(ctx, &pb.CancelOperationRequest{Name: r.Name})
	case "delete":
		return object{"outcome": "ok"}, connections.DeleteOperation(ctx, &pb.DeleteOperationRequest{Name: r.Name})
	case "wait":
		return wait(ctx, connections.DeleteAppConnectionOperation(r.Name), time.Duration(r.PollMS)*time.Millisecond)
	}
	operation, err := connections.GetOperation(ctx, &pb.GetOperationRequest{Name: r.Name})
	if err != nil {
		return nil, err
	}
	seen := object{"name": operation.Name, "done": operation.Done, "response": operation.GetResponse() != nil}
	if e := operation.GetError(); e != nil {
		seen["error"] = object{"code": e.Code, "message": e.Message}
	}
	return object{"outcome": "ok", "operation": seen}, nil
}

// wait is Wait() of the operation with another first pause, which is a second there and cannot be chosen.
func wait(ctx context.Context, operation *appconnections.DeleteAppConnectionOperation, first time.Duration) (object, error) {
	pauses := gax.Backoff{Initial: first, Max: time.Minute}
	for {
		if err := operation.Poll(ctx); err != nil {
			return nil, err
		}
		if operation.Done() {
			return object{"outcome": "ok", "operation": object{"name": operation.Name(), "done": true, "response": true}}, nil
		}
		if err := gax.Sleep(ctx, pauses.Pause()); err != nil {
			return nil, err
		}
	}
}

func outcome(r request) object {
	if r.Method == "hello" {
		return hello
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(r.TimeoutMS)*time.Millisecond)
	defer cancel()
	reply, err := call(ctx, r)
	var answer *apierror.APIError
	switch {
	case err == nil:
		return reply
	case errors.As(err, &answer) && answer == nil:
		// Poll() of an operation whose error has no code; even Error() of that panics.
		return object{"outcome": "client_error", "message": "an error that is a nil *apierror.APIError"}
	case errors.As(err, &answer):
		return object{"outcome": "rpc_error", "code": code.Code(answer.GRPCStatus().Code()).String(), "message": answer.Error()}
	case errors.Is(err, context.DeadlineExceeded):
		return object{"outcome": "transport_error", "message": err.Error()}
	default:
		return object{"outcome": "client_error", "message": err.Error()}
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
