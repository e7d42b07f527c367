package mappings_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/throughline/throughline/gateway"
	er7 "github.com/throughline/throughline/internal/hl7v2"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/mappings/hl7v2"
)

// notMapped are the public samples that become no FHIR, with the reason; all of
// them are read and written back byte for byte.
var notMapped = map[string]string{
	"authored/ACK_AA.hl7": "an acknowledgment: the sender of our messages reads it", "authored/ACK_AE.hl7": "an acknowledgment", "authored/ACK_AR.hl7": "an acknowledgment",
	"authored/mllp_two_messages_framed.hl7": "two acknowledgments in MLLP frames, without MSH-9.2",
	"fhir-converter/ADT-A29-01.hl7":         "ADT^A29 (delete person) is not supported: a person is never deleted by a partner",
	"fhir-converter/ADT-A60-02.hl7":         "ADT^A60 (allergies) is not supported", "fhir-converter/SIU_12.hl7": "its MSH-9 says ADT^A60",
	"fhir-converter/BAR-P01-01.hl7": "BAR (billing accounts) is not supported", "fhir-converter/DFT-P03-01.hl7": "DFT (charges) is not supported: charges come as X12 837", "fhir-converter/DFT-P11-01.hl7": "DFT (charges) is not supported",
	"fhir-converter/MDM-T01-02.hl7": "MDM^T01 (notice without content) is not supported", "fhir-converter/MDM-T05-01.hl7": "MDM^T05 (addendum) is not supported", "fhir-converter/MDM-T06-02.hl7": "MDM^T06 (addendum) is not supported",
	"fhir-converter/MDM-T09-01.hl7": "MDM^T09 (replacement) is not supported", "fhir-converter/MDM-T10-02.hl7": "MDM^T10 (replacement) is not supported",
	"fhir-converter/ORM-O01-01.hl7": "ORM (orders) is not supported", "fhir-converter/ORM-O01-02.hl7": "ORM is not supported", "fhir-converter/ORM-O01-05.hl7": "ORM is not supported", "fhir-converter/ORM-O01-06.hl7": "ORM is not supported",
	"fhir-converter/VXU-V04-01.hl7": "VXU (vaccinations) is not supported", "fhir-converter/VXU.hl7": "VXU is not supported",
}

// hl7Samples reads the public samples beside the project; a work tree lies one
// level deeper.
func hl7Samples(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, dir := range []string{"../../shared/spec/hl7v2", "../../../shared/spec/hl7v2"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".hl7") {
				return err
			}
			b, err := os.ReadFile(path)
			name, _ := filepath.Rel(dir, path)
			out[filepath.ToSlash(name)] = b
			return err
		})
		if err == nil {
			return out
		}
	}
	t.Skip("SKIPPED: no sample messages beside the project (shared/spec/hl7v2): nothing of them was mapped")
	return nil
}

// TestHL7Samples: every public sample of a supported type becomes FHIR that the
// validator accepts, and what it becomes is its case in testdata/samples.
func TestHL7Samples(t *testing.T) {
	for name, body := range hl7Samples(t) {
		t.Run(name, func(t *testing.T) {
			h, err := er7.Peek(body)
			if err != nil {
				t.Fatal(err)
			}
			kind := gateway.Kind("hl7v2/" + h.Kind())
			if _, _, ok := mappings.For(kind, clinic()); !ok || notMapped[name] != "" {
				if ok || notMapped[name] == "" {
					t.Errorf("%s: supported %v, reason %q", kind, ok, notMapped[name])
				}
				return
			}
			out := mapped(t, message(kind, body), clinic())
			if out.Issues.Errors() {
				t.Errorf("%v", out.Issues)
			}
			compareSample(t, strings.ReplaceAll(strings.TrimSuffix(name, ".hl7"), "/", "_"), out)
		})
	}
}

// compareSample compares with the case of a sample: one line for each resource.
func compareSample(t *testing.T, name string, out *gateway.Mapped) {
	t.Helper()
	var b bytes.Buffer
	fmt.Fprintln(&b, wordsOf(out))
	for _, c := range out.Changes {
		fmt.Fprintf(&b, "%s %s %s\n%s%s\n", c.Op, c.Type, c.Key.Value, patchOf(c), c.Resource.JSON)
	}
	fmt.Fprintln(&b, relationsOf(out))
	path := filepath.Join("testdata", "samples", name+".txt")
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(read(t, path)), b.String()); diff != "" {
		t.Errorf("differs; run with -update and read the diff (-want +got):\n%s", diff)
	}
}

// TestHL7FieldsAreShown: every FHIR element that the documentation names stands
// in a case, and every kind of the catalogue is one that the package maps.
func TestHL7FieldsAreShown(t *testing.T) {
	shown := map[string]bool{}
	paths, _ := filepath.Glob("testdata/hl7v2_*.txtar")
	more, _ := filepath.Glob("testdata/samples/*.txt")
	typ := regexp.MustCompile(`"resourceType": ?"(\w+)"`)
	element := regexp.MustCompile(`(?m)"(\w+)": ?`)
	for _, path := range append(paths, more...) {
		for _, chunk := range strings.Split(string(read(t, path)), "\n-- ") {
			for _, line := range resources(chunk) {
				m := typ.FindStringSubmatch(line)
				if m == nil {
					continue
				}
				for _, e := range element.FindAllStringSubmatch(line, -1) {
					shown[m[1]+"."+e[1]] = true
				}
			}
		}
	}
	for _, f := range append(slices.Clone(hl7v2.Fields), hl7v2.Out...) {
		for _, path := range strings.Split(f.FHIR, ", ") {
			if path != "" && !shown[path] {
				t.Errorf("%s: no case shows %s", f.Source, path)
			}
		}
	}
	for _, kind := range hl7v2.Kinds() {
		if _, ok := mappings.Catalogue[kind]; !ok {
			t.Errorf("%s is not in the catalogue", kind)
		}
	}
	for kind := range mappings.Catalogue {
		if strings.HasPrefix(string(kind), "hl7v2/") && !slices.Contains(hl7v2.Kinds(), kind) {
			t.Errorf("%s is in the catalogue and not mapped", kind)
		}
	}
}

// resources cuts a chunk into resources: a line each, or the whole chunk.
func resources(chunk string) []string {
	if strings.Contains(chunk, `"resourceType": "`) {
		return []string{chunk}
	}
	return strings.Split(chunk, "\n")
}

func hl7Page() string {
	var b bytes.Buffer
	b.WriteString("# HL7 v2\n\nMade from the code by `go test ./mappings -run Docs -update`; do not edit. How a partner connects: [MLLP](../partners/mllp.md).\n\n")
	b.WriteString("An empty field leaves the element alone, `\"\"` removes it, a list of one use (home phones, work phones) is replaced for itself. Segments that are not named here are kept with the message, become no FHIR, and the answer names them. ")
	b.WriteString("What cannot be read is left out with a warning; what would name another child, or leaves out what the message is about, refuses the message (AE with ERR-2).\n\n")
	b.WriteString("The child's Patient is keyed by each of its identifiers (medical record number first), the member id among them, so that HL7 v2, JSON and CSV meet on one Patient. A name and a birth date alone never join two people.\n\n## Messages\n\n")
	for _, k := range hl7v2.Kinds() {
		fmt.Fprintf(&b, "`%s` ", strings.TrimPrefix(string(k), "hl7v2/"))
	}
	b.WriteString("\n\nREF^I15 asks for the status of the referral of RF1-6 and changes nothing: the reply on its connection is an RRI^I15 (AA with RF1, PRD, PID and NTE; AE with ERR-3 204 when there is none that the partner may see). In a file it is refused. ADT^A40: both identifiers go on naming the child.\n")
	section := func(title string, fields []hl7v2.Field, head string) {
		fmt.Fprintf(&b, "\n## %s\n\n| %s | FHIR | Code table, rule or loss |\n|---|---|---|\n", title, head)
		for _, f := range fields {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", f.Source, f.FHIR, f.Says)
		}
	}
	section("In", hl7v2.Fields, "Field")
	section("Out", hl7v2.Out, "Message")
	b.WriteString("\nMSH-10 is the beginning of the delivery's key, MSH-7 the time of the records: every try has the same bytes. MSH-8 carries the security labels. PID-3 has the receiver's own numbers of the child, ")
	b.WriteString("the member id and our Patient id; numbers of other organizations and the SSN stay here. Before a receiver has accepted a referral it may not see the Patient: PID then has the member id alone. ")
	b.WriteString("A referral with `contacting-subject-prohibited` goes out without phone numbers. Deletions, and records that have no message (Patient, Coverage), are not sent: take them out of `wants`.\n\n## Code tables\n")
	for _, t := range hl7v2.Tables() {
		fmt.Fprintf(&b, "\n**%s** → %s: ", t.Name, t.FHIR)
		for i, c := range t.Codes {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "`%s` %s", c[0], c[1])
		}
		b.WriteString("\n")
	}
	b.WriteString("\n## Public samples that become no FHIR\n\nAll samples in `shared/spec/hl7v2` are read and written back byte for byte. These are not mapped:\n\n| Sample | Reason |\n|---|---|\n")
	names := make([]string, 0, len(notMapped))
	for name := range notMapped {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "| %s | %s |\n", name, notMapped[name])
	}
	return b.String()
}

// hl7Case is the message of a golden case.
func hl7Case(t testing.TB, name string) (gateway.Kind, []byte) {
	t.Helper()
	a, err := txtar.ParseFile("testdata/hl7v2_" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	return gateway.Kind(a.Files[0].Name), bytes.TrimSpace(a.Files[0].Data)
}

// BenchmarkMapHL7 reads and maps a message: text to resources.
func BenchmarkMapHL7(b *testing.B) {
	for _, name := range []string{"ref_i12_wraparound_referral", "adt_a04_register_minor", "oru_r01_cans", "siu_s12_cft_meeting"} {
		kind, body := hl7Case(b, name)
		m, p := message(kind, body), clinic()
		mapping, _, _ := mappings.For(kind, p)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if out, err := mapping(m, p); err != nil || out.Issues.Errors() {
					b.Fatal(out, err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

// FuzzMapHL7: no message panics, and the same message is mapped to the same
// changes each time: their keys and ids are how a repeat is known. Whether they
// are valid is asked by the gateway before it commits.
func FuzzMapHL7(f *testing.F) {
	paths, _ := filepath.Glob("testdata/hl7v2_*.txtar")
	for _, path := range paths {
		_, body := hl7Case(f, strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "hl7v2_"), ".txtar"))
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		h, err := er7.Peek(body)
		if err != nil {
			return
		}
		kind := gateway.Kind("hl7v2/" + h.Kind())
		mapping, _, ok := mappings.For(kind, clinic())
		if !ok {
			return
		}
		out, err := mapping(message(kind, body), clinic())
		again, errAgain := mapping(message(kind, body), clinic())
		if (err == nil) != (errAgain == nil) {
			t.Fatalf("%v, then %v", err, errAgain)
		}
		if err == nil && !slices.EqualFunc(out.Changes, again.Changes, sameChange) {
			t.Error("the same message became something else")
		}
	})
}

func sameChange(a, b gateway.Change) bool {
	return a.Op == b.Op && a.Key == b.Key && a.FullURL == b.FullURL && slices.Equal(a.Clear, b.Clear) && bytes.Equal(a.Resource.JSON, b.Resource.JSON)
}
