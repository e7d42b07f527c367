package files

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/throughline/throughline/adapters/adaptertest"
	"github.com/throughline/throughline/adapters/sftptest"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/gateway/intake"
	"github.com/throughline/throughline/mappings/batch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// doorway is a watched folder, and a partner that puts files there and waits for
// the answers.
type doorway struct {
	t      *testing.T
	dir    string
	write  func(n int, content string) string
	pickup *Pickup
	ctx    context.Context
	cancel context.CancelFunc

	looks sync.Mutex // held while it looks
	files int
}

func (d *doorway) at(name string) string { return filepath.Join(d.dir, name) }

// Stop ends the looking, and waits for the look that is under way.
func (d *doorway) Stop() {
	d.cancel()
	d.looks.Lock()
	defer d.looks.Unlock()
}

func (d *doorway) Send(n int, content string) adaptertest.Answer {
	_, rest := d.put(n, content)
	return rest()
}

func (d *doorway) Half(n int, content string) (rest func() adaptertest.Answer) {
	half, rest := d.put(n, content)
	half()
	return rest
}

// put gives the two steps of a partner that writes a file and then renames it.
func (d *doorway) put(n int, content string) (half func(), rest func() adaptertest.Answer) {
	d.files++
	name, text := fmt.Sprintf("s%d.txt", d.files), d.write(n, content)
	part := d.at("in/" + name + ".part")
	write := func(text string) {
		if err := os.WriteFile(part, []byte(text), 0o600); err != nil {
			d.t.Fatal(err)
		}
	}
	half = func() {
		write(text[:len(text)/2])
		if err := d.look(); err != nil {
			d.t.Error(err)
		}
	}
	return half, func() adaptertest.Answer {
		write(text)
		if err := os.Rename(part, d.at("in/"+name)); err != nil {
			d.t.Fatal(err)
		}
		if err := d.look(); err != nil {
			return adaptertest.Answer{Verdict: adaptertest.Again, Bytes: []byte(err.Error())}
		}
		return d.answer(name)
	}
}

func (d *doorway) look() error {
	d.looks.Lock()
	defer d.looks.Unlock()
	return d.pickup.Once(d.ctx)
}

// answer is what stands in the answers for a file.
func (d *doorway) answer(name string) (a adaptertest.Answer) {
	d.t.Helper()
	names, err := filepath.Glob(d.at("answers/" + name + ".*"))
	if err != nil {
		d.t.Fatal(err)
	}
	a.Verdict = adaptertest.Again
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			d.t.Fatal(err)
		}
		a.Bytes = append(a.Bytes, text...)
		if !strings.HasSuffix(name, ".summary") {
			continue
		}
		var s struct {
			State              intake.State
			Rejected, Accepted int
			Held, Repeated     int
		}
		if err := json.Unmarshal(text, &s); err != nil {
			d.t.Fatal(err)
		}
		if a.Verdict = adaptertest.Mend; s.State == intake.Done && s.Rejected == 0 && s.Accepted+s.Held+s.Repeated == 1 {
			a.Verdict = adaptertest.Accepted
		}
	}
	return a
}

// openDoor opens a doorway in a folder of its own, which a restart finds again.
func openDoor(t *testing.T, dir string, ssh *gateway.SSH, write func(int, string) string, in adaptertest.Intake) adaptertest.Entrance {
	t.Helper()
	d := &doorway{t: t, dir: dir, write: write}
	if err := os.MkdirAll(d.at("in"), 0o700); err != nil {
		t.Fatal(err)
	}
	answers, err := filepath.Glob(d.at("answers/*.summary"))
	if err != nil {
		t.Fatal(err)
	}
	d.files = 100 * len(answers) // names of its own after a restart
	d.ctx, d.cancel = context.WithCancel(context.WithoutCancel(t.Context()))
	reply := func(*gateway.Receipt) *gateway.Answer { return &gateway.Answer{Status: 200} }
	d.pickup = &Pickup{Partner: in.Partner.ID, From: gateway.Pickup{Path: d.at("in"), Answers: d.at("answers"), Archive: d.at("archive"), Ready: "rename", SSH: ssh},
		Acks: in.Store, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Intake: &intake.Intake{Ledger: in.Store, Leases: in.Store, Format: batch.Of, Detect: batch.Detect, Holder: string(in.NewID()), Now: time.Now,
			Partners: func(id gateway.PartnerID) (*gateway.Partner, bool) { return in.Partner, id == in.Partner.ID },
			Receive: func(ctx context.Context, m *gateway.Message) (*gateway.Receipt, error) {
				return in.Receive(ctx, m, reply)
			}}}
	return d
}

// listening is the suite's view of a folder whose files are written by write.
func listening(name string, server func(*testing.T) *gateway.SSH, write func(int, string) string, key func(int) (gateway.Kind, any)) adaptertest.Listening {
	dirs := map[*testing.T]string{}
	return adaptertest.Listening{Wire: name, Fetches: true, Words: true, Key: key,
		Partner: &gateway.Partner{ID: "clinic-d", Kind: gateway.Clinic, Sends: []gateway.Kind{"*"}, Zone: time.UTC,
			HL7: &gateway.HL7{Applications: []string{"DOGWOOD_EHR"}, Facilities: []string{"DOGWOOD"}},
			X12: &gateway.X12{Ours: gateway.X12Party{Qualifier: "ZZ", ID: "GATEWAY"}, Theirs: gateway.X12Party{Qualifier: "ZZ", ID: "CLINIC"}, Usage: "P"}},
		Open: func(t *testing.T, in adaptertest.Intake) adaptertest.Entrance {
			if dirs[t] == "" {
				dirs[t] = t.TempDir()
			}
			return openDoor(t, dirs[t], server(t), write, in)
		}}
}

func noServer(*testing.T) *gateway.SSH { return nil }

// referral is a file of one HL7 v2 message: its identity is in it. What is refused
// of a file comes back as it was sent, so nothing in it is a canary.
func referral(n int, content string) string {
	return fmt.Sprintf("MSH|^~\\&|DOGWOOD_EHR|DOGWOOD|GATEWAY|TL|20260301120000-0500||REF^I12^REF_I12|C%d|P|2.5.1\rRF1|P|R\rPID|1||%s^^^DOGWOOD^MR||EXAMPLE^ADA\r", n, content)
}

func referralKey(n int) (gateway.Kind, any) {
	return "hl7v2/REF^I12", fmt.Sprintf("DOGWOOD_EHR|DOGWOOD|C%d", n)
}

func TestFolderConforms(t *testing.T) {
	adaptertest.Listeners(t, listening("folder, HL7 v2", noServer, referral, referralKey))
}

func TestFolderOfTablesConforms(t *testing.T) {
	l := listening("folder, CSV", noServer, func(n int, content string) string {
		return strings.ReplaceAll(services(1), "L-0", fmt.Sprintf("L-%d%s", n, content))
	}, func(int) (gateway.Kind, any) { return "csv/service", nil })
	l.Without = map[string]string{"same key, other content": "a row is named by its file's hash, so other content has another key"}
	adaptertest.Listeners(t, l)
}

func TestFolderOfInterchangesConforms(t *testing.T) {
	l := listening("folder, X12", noServer, func(n int, content string) string { return interchange(n+1, "P", "M"+content) },
		func(int) (gateway.Kind, any) { return "x12/278", nil })
	l.Without = map[string]string{"invalid is to be mended": "a control number belongs to its content for good (TA1 025): what was mended needs a new one"}
	adaptertest.Listeners(t, l)
}

func TestSFTPConforms(t *testing.T) {
	servers := map[*testing.T]*sftptest.Server{}
	adaptertest.Listeners(t, listening("SFTP, HL7 v2", func(t *testing.T) *gateway.SSH {
		if servers[t] == nil {
			servers[t] = sftptest.New(t)
		}
		return &servers[t].SSH
	}, referral, referralKey))
}

func TestSendersConform(t *testing.T) {
	var folder *folderPeer
	adaptertest.Senders(t, adaptertest.Sending{Wire: "folder", Keeps: true, Refused: gateway.Denied, Parcel: parcel, Key: func(p *gateway.Parcel) string { return p.Key },
		Peer: func(t *testing.T) adaptertest.Peer {
			folder = &folderPeer{dir: t.TempDir(), entered: make(chan struct{}, 64)}
			return folder
		},
		New: func(t *testing.T, dir string) gateway.Sender {
			s := sender(t, gateway.Endpoint{Wire: "files", Path: dir})
			if folder != nil && folder.dir == dir {
				s.dial = folder.dial
			}
			return s
		},
		Away: func(t *testing.T) string { return filepath.Join(t.TempDir(), "away") },
		Without: map[string]string{"silent": noProcess, "late answer": noProcess, "answers to something else": noProcess,
			"receiver restarts between": noProcess, "receiver restarts in the middle": noProcess, "throttles": noProcess},
	})
	var server *sftpPeer
	adaptertest.Senders(t, adaptertest.Sending{Wire: "SFTP", Keeps: true, Refused: gateway.Denied, Parcel: parcel, Key: func(p *gateway.Parcel) string { return p.Key },
		Peer: func(t *testing.T) adaptertest.Peer {
			server = newSFTPPeer(t)
			return server
		},
		New: func(t *testing.T, rawURL string) gateway.Sender {
			u, err := url.Parse(rawURL)
			if err != nil {
				t.Fatal(err)
			}
			ssh := server.SSH
			ssh.Host = u.Host
			return sender(t, gateway.Endpoint{Wire: "sftp", Path: server.dir, SSH: &ssh})
		},
		Without: map[string]string{"throttles": "SFTP has no word for it", "answers to something else": "a reply of SFTP has the number of its request"},
	})
}

const noProcess = "a folder is no process: it answers at once, or with an error"
