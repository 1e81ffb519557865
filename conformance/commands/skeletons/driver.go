// Drives your SDK for `lro-conformance sdk -- go run driver.go`: one JSON line in, one JSON line out.
//
// Fill in cancel and get; the rest is the protocol. stdout is for replies only: let logs go to stderr.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"time"
)

type object = map[string]any

type request struct {
	ID        any    `json:"id"`
	Method    string `json:"method"`
	Endpoint  string `json:"endpoint"`
	Name      string `json:"name"`
	TimeoutMS int    `json:"timeout_ms"`
}

// cancel cancels the operation with your SDK; the context ends with the whole call, retries included.
func cancel(ctx context.Context, endpoint, name string) error {
	return errors.New("call your SDK here")
}

// get is the operation as your SDK shows it.
func get(ctx context.Context, endpoint, name string) (object, error) {
	return nil, errors.New(`call your SDK here, and return {"name": …, "done": …, "error": …, "response": …}`)
}

func replyTo(r request) object {
	if r.Method == "hello" {
		sdk := object{"name": "your-sdk", "version": "0"}
		return object{"outcome": "ok", "sdk": sdk, "methods": []string{"cancel", "get"}}
	}
	ctx, stop := context.WithTimeout(context.Background(), time.Duration(r.TimeoutMS)*time.Millisecond)
	defer stop()
	reply, err := object{"outcome": "ok"}, error(nil)
	if r.Method == "cancel" {
		err = cancel(ctx, r.Endpoint, r.Name)
	} else {
		reply["operation"], err = get(ctx, r.Endpoint, r.Name)
	}
	if err != nil {
		// Tell apart what your SDK returns:
		//   an error of the API:  {"outcome": "rpc_error", "code": "NOT_FOUND", "http_status": 404, "message": …}
		//   no answer came:       {"outcome": "transport_error", "message": …}
		return object{"outcome": "client_error", "message": err.Error()}
	}
	return reply
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	replies := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			panic(err)
		}
		reply := replyTo(r)
		reply["id"] = r.ID
		if err := replies.Encode(reply); err != nil {
			panic(err)
		}
	}
}
