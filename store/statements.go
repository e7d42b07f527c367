package store

import (
	"context"
	"database/sql"
	"sync"
)

// maxStatements is how many prepared statements one connection keeps; texts
// that vary with their arguments would otherwise fill the memory.
const maxStatements = 400

// writer is SQLite's one writing connection, held open with its prepared
// statements; whoever holds place may write.
type writer struct {
	place  chan struct{}
	conn   *sql.Conn
	stmts  *statements
	closed bool
}

func newWriter() *writer {
	return &writer{place: make(chan struct{}, 1), stmts: &statements{}}
}

// take waits for the writer.
func (w *writer) take(ctx context.Context, db *sql.DB) error {
	select {
	case w.place <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if w.closed {
		w.give()
		return sql.ErrConnDone
	}
	if w.conn != nil && w.stmts.broken {
		w.conn.Close()
		w.conn, w.stmts = nil, &statements{}
	}
	if w.conn == nil {
		conn, err := db.Conn(ctx)
		if err != nil {
			w.give()
			return err
		}
		w.conn = conn
	}
	return nil
}

func (w *writer) give() { <-w.place }

// close gives the connection back; whoever writes afterwards is told so.
func (w *writer) close() error {
	w.place <- struct{}{}
	defer w.give()
	w.closed = true
	if w.conn == nil {
		return nil
	}
	gone := w.stmts.broken // the connection has been given up already
	w.stmts.reset()
	err := w.conn.Close()
	if w.conn = nil; gone {
		return nil
	}
	return err
}

// statements are the prepared statements of one connection.
type statements struct {
	byText map[string]*sql.Stmt
	broken bool
}

func (s *statements) prepare(ctx context.Context, conn *sql.Conn, text string) (*sql.Stmt, error) {
	if stmt := s.byText[text]; stmt != nil {
		return stmt, nil
	}
	stmt, err := conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	if len(s.byText) >= maxStatements {
		s.drop()
	}
	if s.byText == nil {
		s.byText = map[string]*sql.Stmt{}
	}
	s.byText[text] = stmt
	return stmt, nil
}

func (s *statements) drop() {
	for _, stmt := range s.byText {
		_ = stmt.Close()
	}
	s.byText = nil
}

// reset marks the connection as not to be used again.
func (s *statements) reset() {
	s.drop()
	s.broken = true
}

// prepared keeps the prepared statements of a pool, for reads on SQLite.
type prepared struct {
	mu     sync.RWMutex
	byText map[string]*sql.Stmt
}

// get prepares a text once; nil when there are too many, and the caller then
// runs it as it is.
func (p *prepared) get(ctx context.Context, db *sql.DB, text string) *sql.Stmt {
	p.mu.RLock()
	stmt := p.byText[text]
	p.mu.RUnlock()
	if stmt != nil {
		return stmt
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if stmt = p.byText[text]; stmt != nil || len(p.byText) >= maxStatements {
		return stmt
	}
	stmt, err := db.PrepareContext(context.WithoutCancel(ctx), text)
	if err != nil {
		return nil
	}
	if p.byText == nil {
		p.byText = map[string]*sql.Stmt{}
	}
	p.byText[text] = stmt
	return stmt
}
