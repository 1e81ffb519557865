// A grpc-gateway as its documentation starts one: everything at its default, in front of a gRPC service on a socket.
package main

import (
	"context"
	"flag"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	generated "gateway/generated"

	// What an operation and an error carry in an Any must be known to whoever writes it as JSON.
	_ "cloud.google.com/go/beyondcorp/appconnections/apiv1/appconnectionspb"
	_ "google.golang.org/genproto/googleapis/rpc/errdetails"
)

func main() {
	port := flag.String("port", "0", "the port to listen on, of 127.0.0.1")
	service := flag.String("service", "", "the Unix socket of the gRPC service")
	address := flag.String("address-file", "", "where to write the address, once requests are taken")
	flag.Parse()

	connection, err := grpc.NewClient("unix:"+*service, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	mux := runtime.NewServeMux()
	if err := generated.RegisterOperationsHandler(context.Background(), mux, connection); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+*port)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(*address, []byte(listener.Addr().String()), 0o600); err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(listener, mux))
}
