// Command throughline is the gateway and the tool of its operators in one
// binary. It is the only place that knows every room: app.go puts them together,
// plug.go holds the adapters between their interfaces, and each verb of the
// command line has a file of its own.
//
// stdout is data, stderr is talk. Exit codes stand in fail.go.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker.
var version = "dev"

func main() { os.Exit(run()) }

// run is the whole program: parse, run, close. A second signal ends it at once.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	syscall.Umask(0o077) // everything we write is the operator's own
	return processCLI().execute(ctx, os.Args[1:])
}
