// Drives cloud.google.com/go/longrunning/autogen over REST and gRPC: one JSON line in, one JSON line out.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"strings"
	"time"

	longrunning "cloud.google.com/go/longrunning/autogen"
	pb "cloud.google.com/go/longrunning/autogen/longrunningpb"
	"github.com/googleapis/gax-go/v2/apierror"
	"golang.org/x/oauth2"
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
	Transport string `json:"transport"`
}

type object = map[string]any

var clients = map[string]*longrunning.OperationsClient{}

func client(r request) (*longrunning.OperationsClient, error) {
	known := clients[r.Transport+r.Endpoint]
	if known != nil {
		return known, nil
	}
	var err error
	if r.Transport == "grpc" {
		known, err = longrunning.NewOperationsClient(context.Background(),
			option.WithEndpoint(strings.TrimPrefix(r.Endpoint, "http://")), option.WithoutAuthentication(),
			option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	} else {
		credentials := option.WithoutAuthentication()
		if token := os.Getenv("LRO_CONFORMANCE_TOKEN"); token != "" {
			credentials = option.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}))
		}
		known, err = longrunning.NewOperationsRESTClient(context.Background(), option.WithEndpoint(r.Endpoint), credentials)
	}
	clients[r.Transport+r.Endpoint] = known
	return known, err
}

func call(ctx context.Context, r request) (object, error) {
	operations, err := client(r)
	if err != nil {
		return nil, err
	}
	if r.Method == "cancel" {
		return object{"outcome": "ok"}, operations.CancelOperation(ctx, &pb.CancelOperationRequest{Name: r.Name})
	}
	operation, err := operations.GetOperation(ctx, &pb.GetOperationRequest{Name: r.Name})
	if err != nil {
		return nil, err
	}
	seen := object{"name": operation.Name, "done": operation.Done, "response": operation.GetResponse() != nil}
	if e := operation.GetError(); e != nil {
		seen["error"] = object{"code": e.Code, "message": e.Message}
	}
	return object{"outcome": "ok", "operation": seen}, nil
}

func outcome(r request) object {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(r.TimeoutMS)*time.Millisecond)
	defer cancel()
	reply, err := call(ctx, r)
	var answer *apierror.APIError
	var transport *url.Error
	switch {
	case err == nil:
		return reply
	case errors.As(err, &answer):
		failure := object{"outcome": "rpc_error", "code": code.Code(answer.GRPCStatus().Code()).String(), "message": answer.Error()}
		if answer.HTTPCode() > 0 {
			failure["http_status"] = answer.HTTPCode()
		}
		return failure
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
