package api

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Limits of a connection (protocol.md, "Edge limits"). An answer may take as
// long as maxRows messages on a slow disk need.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 2 * time.Minute
	idleTimeout       = 60 * time.Second
	maxHeaderBytes    = 16 << 10
)

// NewServer is an http.Server with our limits.
func NewServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug), // broken handshakes and the like
	}
}

// Service serves one listener; it is a gateway.Service.
type Service struct {
	Listener net.Listener
	Handler  http.Handler
	Drain    time.Duration // how long requests in flight may take once ctx has ended
}

// Run serves until ctx ends, then lets what is in flight finish, for as long as
// Drain allows.
func (s *Service) Run(ctx context.Context) error {
	server := NewServer(s.Handler)
	served := make(chan error, 1)
	go func() { served <- server.Serve(s.Listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Drain)
	defer cancel()
	err := server.Shutdown(within)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close() // the hard limit: who is still there, sends again
	}
	if e := <-served; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return err
}
