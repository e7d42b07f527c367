package population

import (
	"fmt"
	"math/rand/v2"
)

// service is a kind of care with the way it is usually asked for.
type service struct {
	code, mods string
	unit       string
	visit      int // units of a usual visit
}

// services are real HCPCS codes of children's behavioral health; units of 15
// minutes unless the code says otherwise.
var services = []service{
	{"H2021", "HA", "UN", 8}, {"H2021", "", "UN", 8}, {"H2022", "HA", "UN", 1}, {"T1016", "HA U1", "UN", 4}, {"T1017", "", "UN", 4},
	{"H0038", "HA HQ", "UN", 6}, {"S5150", "HA", "UN", 16}, {"S5151", "", "UN", 1}, {"T1005", "HA", "UN", 12}, {"H2014", "HA HN", "UN", 8},
	{"H2019", "", "UN", 6}, {"H0036", "HA", "UN", 4}, {"S9482", "HA TF", "UN", 8}, {"H2011", "", "UN", 4}, {"T2022", "U3", "UN", 1},
	{"H0032", "", "UN", 1}, {"H2017", "HA", "UN", 8}, {"T2003", "", "UN", 2}, {"H2033", "HA", "UN", 8}, {"T1027", "HA HR", "UN", 4},
}

// stray is a code that no authorization ever names.
const stray = "T2025"

var (
	payers   = []string{"MCO-ASTER", "MCO-BIRCH", "MCO-CEDAR", "MEDICAID-FFS"}
	programs = []string{"ny-hcbs-waiver", "individual-service-coordination", "wraparound", "il-part-125", "il-icg"}
	sources  = []string{"claim", "encounter", "visit log"}
)

// NPI makes a ten-digit provider number with a valid check digit (Luhn over the
// prefix 80840) out of any number.
func NPI(n uint64) string {
	nine := fmt.Sprintf("1%08d", n%100_000_000)
	sum := 24 // what the prefix 80840 adds
	for i := range nine {
		d := int(nine[i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return fmt.Sprintf("%s%d", nine, (10-sum%10)%10)
}

// provider is a clinic of the region, or sometimes a vendor without an NPI.
func provider(r *rand.Rand) string {
	if r.IntN(25) == 0 {
		return fmt.Sprintf("RESPITE-%02d", r.IntN(40))
	}
	return NPI(uint64(r.IntN(900)) * 7919)
}

// untidy writes a set of modifiers in another way: order, case, repeats,
// separators.
func untidy(r *rand.Rand, mods string) string {
	if mods == "" || r.IntN(4) > 0 {
		return mods
	}
	first, second := mods, ""
	if len(mods) > 2 {
		first, second = mods[:2], mods[3:]
	}
	switch r.IntN(4) {
	case 0:
		return lower(first) + and(" ", second)
	case 1:
		return second + and(":", first)
	case 2:
		return first + " " + first + and(":", second)
	}
	return " " + first + and("  ", second)
}

func and(separator, text string) string {
	if text == "" {
		return ""
	}
	return separator + text
}

func lower(s string) string {
	b := []byte(s)
	for i := range b {
		if 'A' <= b[i] && b[i] <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}
