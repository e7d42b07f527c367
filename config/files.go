package config

import (
	"net"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/gateway"
)

// sshEntry is how an SFTP server is reached, as written.
type sshEntry struct {
	Host     string   `yaml:"host" validate:"host"`
	User     string   `yaml:"user" validate:"required"`
	Key      Secret   `yaml:"key"`
	Password Secret   `yaml:"password"`
	HostKeys []string `yaml:"host_keys" validate:"min=1,dive,pinned"`
}

// receiveEntry is a folder that is fetched from, as written.
type receiveEntry struct {
	Wire     string          `yaml:"wire" validate:"oneof=folder sftp"`
	Path     string          `yaml:"path" validate:"required"`
	Answers  string          `yaml:"answers"`
	Archive  string          `yaml:"archive"`
	SSH      *sshEntry       `yaml:"ssh"`
	Poll     time.Duration   `yaml:"poll" validate:"gte=0,lte=24h"`
	Ready    string          `yaml:"ready" validate:"omitempty,oneof=stable done rename"`
	KeepDays int             `yaml:"keep_days" validate:"gte=0,lte=3660"`
	Files    []fileKindEntry `yaml:"files" validate:"dive"`
}

// fileKindEntry says what a file is by its name.
type fileKindEntry struct {
	Name string `yaml:"name" validate:"pattern"`
	Kind string `yaml:"kind" validate:"filekind"`
}

// x12Entry is what is agreed about X12 envelopes, as written.
type x12Entry struct {
	Ours        x12PartyEntry `yaml:"ours"`
	Theirs      x12PartyEntry `yaml:"theirs"`
	Usage       string        `yaml:"usage" validate:"oneof=P T"`
	AckDeadline time.Duration `yaml:"ack_deadline" validate:"gte=0,lte=720h"`
	MissingAck  string        `yaml:"missing_ack" validate:"oneof=hold resend"`
	Resends     int           `yaml:"resends" validate:"gte=0,lte=20"`
}

// x12PartyEntry is one end of an interchange. Lengths are those of ISA05 to
// ISA08 and GS02, GS03.
type x12PartyEntry struct {
	Qualifier string `yaml:"qualifier" validate:"len=2"`
	ID        string `yaml:"id" validate:"min=2,max=15"`
	Group     string `yaml:"group" validate:"max=15"`
}

// filePattern is what a file as a whole can be.
var filePattern = regexp.MustCompile(`^(csv/(` + strings.Join(records, "|") + `)|(json|fhir|hl7v2|x12)/\*)$`)

func isHost(s string) bool {
	host, port, err := net.SplitHostPort(s)
	n, bad := strconv.Atoi(port)
	return err == nil && bad == nil && host != "" && n > 0 && n < 65536
}

var pinnedPattern = regexp.MustCompile(`^(SHA256:[A-Za-z0-9+/]{43}|[a-z0-9@.-]+ AAAA[A-Za-z0-9+/]+={0,2})$`)

func isPinned(s string) bool { return pinnedPattern.MatchString(s) }

func isNamePattern(s string) bool {
	_, err := path.Match(s, "")
	return err == nil && s != "" && !strings.ContainsAny(s, "/\x00")
}

// completeFiles fills in the defaults of folders: answers and archive beside
// what is received, a look every ten seconds, archives for 90 days.
func (e *partnerEntry) completeFiles() {
	for i := range e.Receive {
		f := &e.Receive[i]
		join, dir := filepath.Join, filepath.Dir
		if f.Wire == "sftp" {
			join, dir = path.Join, path.Dir
		}
		if f.Path == "" {
			continue
		}
		setDefault(&f.Answers, join(dir(f.Path), "answers"))
		setDefault(&f.Archive, join(dir(f.Path), "archive"))
		setDefault(&f.Ready, "stable")
		setDefault(&f.Poll, 10*time.Second)
		setDefault(&f.KeepDays, 90)
	}
	if e.X12 != nil {
		setDefault(&e.X12.Usage, "P")
		setDefault(&e.X12.MissingAck, "hold")
	}
	if d := e.Deliver; d != nil && (d.Wire == "files" || d.Wire == "sftp") {
		setDefault(&d.Format, "json")
	}
}

func setDefault[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}

func (f *receiveEntry) pickup() gateway.Pickup {
	p := gateway.Pickup{Wire: f.Wire, Path: f.Path, Answers: f.Answers, Archive: f.Archive, SSH: f.SSH.ssh(), Poll: f.Poll, Ready: f.Ready,
		Keep: time.Duration(f.KeepDays) * 24 * time.Hour}
	for _, k := range f.Files {
		p.Files = append(p.Files, gateway.FileKind{Name: k.Name, Kind: gateway.Kind(k.Kind)})
	}
	return p
}

func (s *sshEntry) ssh() *gateway.SSH {
	if s == nil {
		return nil
	}
	return &gateway.SSH{Host: s.Host, User: s.User, Key: s.Key.Reveal(), Password: s.Password.Reveal(), HostKeys: s.HostKeys}
}

func (x *x12Entry) x12() *gateway.X12 {
	if x == nil {
		return nil
	}
	return &gateway.X12{Ours: gateway.X12Party(x.Ours), Theirs: gateway.X12Party(x.Theirs), Usage: x.Usage,
		Ack: x.AckDeadline, NoAck: x.MissingAck, Resends: x.Resends}
}

// pickups reports folders that cannot be watched as they are written.
func (r *reader) pickups(at string, p *partnerEntry) {
	for i, f := range p.Receive {
		path := item(at+".receive", i)
		r.remote(path, f.Wire == "sftp", f.SSH)
		if f.Wire == "folder" && !filepath.IsAbs(f.Path) && !r.demo {
			r.add(path+".path", strconv.Quote(f.Path), "an absolute path", "write the whole path of the folder")
		}
		places := []string{f.Path, f.Answers, f.Archive}
		slices.Sort(places)
		if len(slices.Compact(places)) < 3 {
			r.add(path, "one folder for two purposes", "three folders for path, answers and archive", "give each its own")
		}
	}
}

// destination reports a way out that lacks what its wire needs.
func (r *reader) destination(at string, d *deliverEntry, p *partnerEntry) {
	if d == nil {
		return
	}
	if d.Wire == "link" {
		r.linkWire(at, d)
		return
	}
	files := d.Wire == "files" || d.Wire == "sftp"
	switch {
	case !files && !d.URL.Set():
		r.add(at+".url", "nothing", vocabulary["endpoint"].allowed, "add it")
	case files && d.Path == "":
		r.add(at+".path", "nothing", "the folder that files are put into", "add it")
	case d.Wire == "files" && !filepath.IsAbs(d.Path) && !r.demo:
		r.add(at+".path", strconv.Quote(d.Path), "an absolute path", "write the whole path of the folder")
	}
	if files && d.Format == "x12" && p.X12 == nil {
		r.add(at+".format", "x12 for a partner without x12", "x12 beside it, with both ends of the envelope", "add the section x12 to the partner")
	}
	r.remote(at, d.Wire == "sftp", d.SSH)
}

// remote reports SFTP without a server, and a server without SFTP.
func (r *reader) remote(at string, sftp bool, ssh *sshEntry) {
	switch {
	case sftp && ssh == nil:
		r.add(at+".ssh", "nothing", "host, user, key and host_keys", "add the section ssh")
	case !sftp && ssh != nil:
		r.add(at+".ssh", "ssh for a wire that is not sftp", "wire: sftp", "correct the wire, or remove ssh")
	case ssh != nil && ssh.Key.Set() == ssh.Password.Set():
		r.add(at+".ssh.key", "a key and a password, or neither", "one of the two", "a key is better")
	}
}
