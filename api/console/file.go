package console

import (
	"bufio"
	"io"
	"mime"
	"net/http"

	"github.com/throughline/throughline/gateway"
)

// File is something to download. Write may fail half way: the browser is told.
type File struct {
	Name, Type string
	Write      func(w io.Writer) error
}

// download sends a file. What fails before the first bytes is a page that says so;
// what fails later breaks the connection off, so that nobody takes it for whole.
func (c *Console) download(w http.ResponseWriter, r *http.Request, v *visit, f *File) {
	out := &begun{w: w, name: f.Name, typ: f.Type}
	buffer := bufio.NewWriterSize(out, 64<<10)
	err := f.Write(buffer)
	if err == nil {
		err = buffer.Flush()
	}
	switch {
	case err == nil:
	case !out.sent:
		c.refuse(w, r, v, err)
	case r.Context().Err() != nil: // the browser has gone
		panic(http.ErrAbortHandler)
	default:
		c.Log.Error("console", "op", "console", "code", string(gateway.FaultOf(err).Code), "error", err)
		panic(http.ErrAbortHandler)
	}
}

// begun writes the headers of a file with its first bytes.
type begun struct {
	w         http.ResponseWriter
	name, typ string
	sent      bool
}

// Write sends some of the file.
func (b *begun) Write(p []byte) (int, error) {
	if !b.sent {
		b.sent = true
		b.w.Header().Set("Content-Type", b.typ)
		b.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": b.name}))
	}
	return b.w.Write(p)
}
