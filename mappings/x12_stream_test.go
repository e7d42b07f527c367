package mappings_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"testing"

	"github.com/throughline/throughline/mappings"
)

// claimFile is an 837P file of any size that is made while it is read: sets
// transactions of 5000 claims, two lines each. It holds one transaction at a time.
type claimFile struct {
	sets, next int
	now        bytes.Reader
}

const claimsOfSet = 5000

func (f *claimFile) Read(p []byte) (int, error) {
	for f.now.Len() == 0 {
		if f.next > f.sets+1 {
			return 0, io.EOF
		}
		f.now.Reset(f.piece(f.next))
		f.next++
	}
	return f.now.Read(p)
}

func (f *claimFile) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekStart {
		return 0, fmt.Errorf("claimFile only begins again")
	}
	f.next = 0
	f.now.Reset(nil)
	return 0, nil
}

// piece is the header, one transaction, or the trailer.
func (f *claimFile) piece(n int) []byte {
	var b bytes.Buffer
	switch n {
	case 0:
		b.WriteString("ISA*00*          *00*          *ZZ*HOPEWELL01     *ZZ*RIVERBEND      *260331*0930*^*00501*000000201*0*T*:~\nGS*HC*HOPEWELL01*RIVERBEND*20260331*0930*201*X*005010X222A1~\n")
	case f.sets + 1:
		fmt.Fprintf(&b, "GE*%d*201~\nIEA*1*000000201~\n", f.sets)
	default:
		fmt.Fprintf(&b, "ST*837*%04d*005010X222A1~\nBHT*0019*00*B%d*20260331*0930*CH~\nNM1*41*2*AGENCY ONE*****46*AGENCY01~\nPER*IC*BILLING*TE*5555550111~\nNM1*40*2*PLAN MCO*****46*77001~\n", n, n)
		b.WriteString("HL*1**20*1~\nNM1*85*2*AGENCY ONE*****XX*1234567893~\nN3*100 MAIN ST~\nN4*ALBANY*NY*122071234~\nREF*EI*123456789~\n")
		for c := range claimsOfSet {
			id := n*claimsOfSet + c
			fmt.Fprintf(&b, "HL*%d*1*22*0~\nSBR*P*18*******MC~\nNM1*IL*1*RIVERA*MARISOL****MI*MCD%08d~\nDMG*D8*20130514*F~\nNM1*PR*2*PLAN MCO*****PI*77001~\n", c+2, id%20011)
			fmt.Fprintf(&b, "CLM*C-%d*208***12:B:1*Y*A*Y*Y~\nREF*G1*AUTH457-%d~\nHI*ABK:F913~\n", id, id%20011)
			for line := 1; line <= 2; line++ {
				fmt.Fprintf(&b, "LX*%d~\nSV1*HC:H2021:HA*104*UN*8***1~\nDTP*472*D8*202603%02d~\nREF*6R*C-%d-%d~\n", line, 1+(c+line)%31, id, line)
			}
		}
		fmt.Fprintf(&b, "SE*%d*%04d~\n", 11+claimsOfSet*16, n)
	}
	return b.Bytes()
}

// size is how many bytes the file has.
func (f *claimFile) size() (n int64) {
	for i := range f.sets + 2 {
		n += int64(len(f.piece(i)))
	}
	return n
}

// TestX12Stream reads some tens of MB of claims for the ledger, with
// THROUGHLINE_FAULTS=large a GB: every line arrives, and memory does not grow with
// the file.
func TestX12Stream(t *testing.T) {
	f, least := &claimFile{sets: 20}, int64(30<<20)
	if os.Getenv("THROUGHLINE_FAULTS") == "large" {
		least = 1 << 30
		f.sets = int(least/int64(len(f.piece(1)))) + 1
	}
	size := f.size()
	if size < least {
		t.Fatalf("a file of %d bytes proves nothing", size)
	}
	base := heap()
	file, err := mappings.OpenX12(f)
	if err != nil {
		t.Fatal(err)
	}
	claims, lines, most := 0, 0, uint64(0)
	for row, err := range mappings.FactsX12(file, clinic()) {
		if err != nil || row.Issues.Errors() {
			t.Fatal(err, row.Issues)
		}
		claims++
		lines += len(row.Facts.Lines)
		if claims%10000 == 0 {
			most = max(most, heap())
		}
	}
	if want := f.sets * claimsOfSet; claims != want || lines != 2*want {
		t.Errorf("%d claims and %d lines, want %d and twice that", claims, lines, want)
	}
	if issues := file.Issues(); len(issues) > 0 {
		t.Error(issues)
	}
	if most > base+16<<20 {
		t.Errorf("the heap grew from %d to %d bytes", base, most)
	}
	t.Logf("%d MB, %d claims: the heap grew from %d to at most %d KB", size>>20, claims, base>>10, most>>10)
}

// heap is what is alive.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkX12Stream reads an 837P of 5000 claims: checked, cut into claims, for
// the ledger alone, and to FHIR. One operation is one file.
func BenchmarkX12Stream(b *testing.B) {
	f := &claimFile{sets: 1}
	body, err := io.ReadAll(f)
	if err != nil {
		b.Fatal(err)
	}
	run := func(name string, read func() (int, error)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			claims := 0
			for b.Loop() {
				n, err := read()
				if err != nil || n != claimsOfSet {
					b.Fatal(n, err)
				}
				claims += n
			}
			b.ReportMetric(float64(claims)/b.Elapsed().Seconds(), "claims/s")
		})
	}
	run("parse", func() (n int, err error) {
		file, err := mappings.OpenX12(bytes.NewReader(body))
		if err != nil {
			return 0, err
		}
		for _, err := range file.Parts() {
			if err != nil {
				return n, err
			}
			n++
		}
		return n, nil
	})
	run("ledger", func() (n int, err error) {
		file, err := mappings.OpenX12(bytes.NewReader(body))
		if err != nil {
			return 0, err
		}
		for row, err := range mappings.FactsX12(file, clinic()) {
			if err != nil || len(row.Facts.Lines) != 2 {
				return n, err
			}
			n++
		}
		return n, nil
	})
	mapping, _, _ := mappings.For("x12/837P", clinic())
	run("fhir", func() (n int, err error) {
		file, err := mappings.OpenX12(bytes.NewReader(body))
		if err != nil {
			return 0, err
		}
		for part, err := range file.Parts() {
			if err != nil {
				return n, err
			}
			if out, err := mapping(message(part.Kind, part.Body), clinic()); err != nil || len(out.Facts.Lines) != 2 {
				return n, err
			}
			n++
		}
		return n, nil
	})
}
